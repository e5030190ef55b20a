// Package forwards is 转市提案: a committee sends a copy of a proposal up to the
// committee above, and learns what becomes of it (domain.md 4.3.4 transition
// 16, 10.2 CaseForward).
//
// The contract, which a committee clerk could check:
//
//   - The committee above is the one that the directory names; the copy goes to it over whichever channel the agreement says.
//   - Where there is none above, or no active agreement with it that lets forwarded proposals out, a proposal is not forwarded, and the sentence says which.
//   - What crosses is a copy: the title, the text in its three parts, category, kind of proposer, the names of those who proposed or signed, whether it may be published, its own number and the reason; no telephone number, no review opinion and no attachment.
//   - The higher committee sees it as a matter of its own, its staff for proposals and nobody else, the person who carried the file in included.
//   - The same proposal comes once.
//   - It is taken or declined within fifteen working days, and answered within three months; both can be set in the policy.
//   - Declining asks for a reason, and the sender is told it.
//   - Nothing is answered on a day that has not come.
//   - It is taken up as a real proposal of the higher committee, handed in there and neither withdrawn, refused nor given away; whose number and title the sender is told.
//   - The sender's proposal shows the copy's state as it changes, and the answer.
//
// The processes are data (tenants/templates/proposal.yaml and forward.yaml);
// this package registers what they name, and the kind of envelope.
package forwards
