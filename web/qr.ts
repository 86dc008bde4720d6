/** QR codes, as a script of its own. */
export { encodeQR } from 'qr'
