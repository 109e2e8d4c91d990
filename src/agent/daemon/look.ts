/** What was found and done when a network was looked at. */
export interface Look {
  /** Whether anything differed. */
  readonly changed: boolean;
}

export const nothingDiffers: Look = { changed: false };
