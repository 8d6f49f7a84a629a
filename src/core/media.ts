// What of the input is no text, as far as its tokens can be told from it: how large an image is, how long a recording.

/** In pixels, as the header of the file says; each at least 1. */
export interface ImageSize {
  readonly widthPx: number
  readonly heightPx: number
}

export interface ImageInput {
  readonly kind: 'image'
  /** The client asked for the small version (`detail: "low"`). */
  readonly isLowDetail: boolean
  /** Undefined: it lies elsewhere, or is packed in a way that is not read here. */
  readonly size: ImageSize | undefined
}

export interface AudioInput {
  readonly kind: 'audio'
  /** The longest that fits into its bytes, in ms. */
  readonly mostMs: number
}

export type MediaInput = ImageInput | AudioInput

export interface Media {
  readonly inputs: readonly MediaInput[]
  /** Bytes of the body, at the least, that are these inputs and no text. */
  readonly bytes: number
}
