/** What can't be divided with proof: raised anywhere in `planner/stages`, caught by the strategy, which then steps aside. */
export class StagesDeclined extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'StagesDeclined';
  }
}

/** `throw declinedStages('...')` reads as a decision. */
export function declinedStages(reason: string): StagesDeclined {
  return new StagesDeclined(reason);
}
