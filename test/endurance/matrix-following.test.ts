/** T-MX26 at its full length: the state that clients have, after each of 10 000 random steps, in each way of asking. */
import { test } from 'node:test'
import { follows } from '../../src/matrix/rooms/follower.ts'

/** Scripts have 30 steps. */
const RUNS = 334

test('T-MX26: state and timeline together, over 10 000 steps', () => follows({}, 50, RUNS))
test('T-MX26: with gaps, over 10 000 steps', () => follows({}, 1, RUNS))
test('T-MX26: the state behind the timeline, over 10 000 steps', () => follows({ stateAfter: 'state_after' }, 2, RUNS))
