// Package courier lets administrators fetch and hand in envelope files over
// HTTP, where two committees are in different installations (package exchange).
//
//   - GET /exchange/{partner} is the file for a partner, as a download; from=N begins at number N, else it begins at the first that is not acknowledged.
//   - Where the limits of a file left something for the next, the header Link names it as next.
//   - POST /exchange takes in a file, which is the body as it is, and answers in JSON from whom it came and how many envelopes were applied, refused and repeated.
//   - Both are for who holds exchange.manage, in the committee of the token; without a valid token nothing is read or written.
//   - A download stands in the committee's audit, with who fetched it and from where; what a file brought stands there envelope by envelope.
//   - A file above the limit is refused before it is read whole.
//   - An error is JSON with a code, a sentence in Chinese, where there is one the line of the file and why it is not believed, and the number of the request.
//   - What had been taken in before an error is said with it.
package courier
