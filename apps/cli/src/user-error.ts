/** Something that the user can mend: its text is printed as it is, without a stack, and the exit status is 1. */
export class UserError extends Error {}
