/** Where the browser keeps what a page needs to come back by itself: in the storage of the tab, or for a wall in that of the browser. */

export const BOARD_PLACE = 'porchlight-board'
export const WALL_PLACE = 'porchlight-wall'

export function isLoginKept(isWall: boolean): boolean {
  try {
    return (isWall ? localStorage.getItem(WALL_PLACE) : sessionStorage.getItem(BOARD_PLACE)) !== null
  } catch {
    return false // a browser that keeps nothing
  }
}
