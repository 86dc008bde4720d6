/** The entry point of the page of an invitation. Its token is in the address, after the #. */
import { render } from 'preact'
import { Invited } from './view/invited.tsx'
import { language } from './words/language.ts'

document.documentElement.lang = language
render(<Invited token={location.hash.slice(1)} />, document.getElementById('board')!)
