// What happens to a stream that breaks after the client has got some of it (design: "live", "resume", "atomic").

/**
 * `live`: bytes flow at once, a cut is an in-band error. `resume`: a cut is repaired from another attempt where the
 * delivered text can be carried on. `atomic`: nothing but keep-alives goes out until a whole answer is in hand.
 */
export const STREAM_MODES = ['live', 'resume', 'atomic'] as const
export type StreamMode = typeof STREAM_MODES[number]
