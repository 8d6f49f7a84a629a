// What whoever calls an operation may do, decided once per request.

export interface Caller {
  /** Reads everybody's books: keys of the operator and management keys, and programs of this machine without a key. */
  readonly seesAll: boolean
  /** Changes what counts for everybody. No page of a web origin does so without a key. */
  readonly mayAdminister: boolean
}

/** For operations whose REST route is for every client. */
export function anybody (): boolean {
  return true
}

export function whoSeesAll ({ seesAll }: Caller): boolean {
  return seesAll
}

export function whoAdministers ({ mayAdminister }: Caller): boolean {
  return mayAdminister
}
