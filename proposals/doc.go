// Package proposals is the 提案 from draft to archive (提-立-办-督-评).
//
// The contract, which a committee clerk could check (domain.md 4.3):
//
//   - Where a case is, what the review decided, what each unit does, what each proposer says and whether it is published are five independent things.
//   - Before it is handed in a proposal is its proposers': nobody else sees its steps, edits of one sitting are one step, and no step ever says what was not handed in. Handing in again says what changed.
//   - A joint proposal waits for who was invited until the last answer comes or the time is over, and then for its first proposer. Who comes late reads that it is over. A joint proposal goes in when every invitation is answered or expired; who edits a text that was signed gets every signature anew, the convener's too.
//   - A registration number is given at submission and never again; a case number at filing, without a gap within one sitting; 001 waits for the 一号提案 where the sitting has one or is to have one; a published list has no gap. What is handed in for a sitting comes from members of its term.
//   - Staff enter for a member (代录), and do all that he could do with it, with his consent on record: how and when. What one clerk entered is the office's. A member without account signs on paper.
//   - In no state only one person leads on: a co-signer takes the place of a first proposer who is gone, or staff withdraw on record with the document; a returned proposal goes back to the 提案委 when its days are over; a draft whose author is gone ends.
//   - Three review passes in order, none by a proposer, no two in a row by one person unless the policy lets him; then the director decides. A secret goes nowhere until it is cleared, or refused, by another person than the one who raised it.
//   - Merging keeps every proposer as a party who is answered and rates, one person once; it can be undone until the case is assigned, and the case is not withdrawn over their heads.
//   - A proposal becomes 社情民意 only with the proposer's consent.
//   - One leads, or one alone handles, or all answer separately. An assisting unit answers the lead, never the proposer, and never holds up completion.
//   - A unit returns a case only within its window, never passes it on itself; the office and the 提案委 decide together.
//   - No reply without contact with each first proposer, where the policy wants it.
//   - Two ratings a proposer: attitude and result. Dissatisfaction with the result opens a new round; after the second, a face-to-face consultation, and no endless loop. Silence stays silence. Nobody rates a reply that was sent back.
//   - A commitment behind a B-class reply is followed until it is done, or given up for a reason; the original class is kept.
//   - A key proposal and the 一号提案 are followed once after completion even without a commitment: reported on each half year, and not settled before a report.
//   - Publication is decided before completion, or left pending for a reason.
//   - A key proposal is not completed without a visit, a meeting and a report.
//   - 催办 goes rung by rung, each unit on its own ladder. An archived case is read-only, shares and all.
//   - Proposals of earlier years are brought in as closed, into a sitting that is over and was numbered by nobody here; they count in their sitting's figures, nobody is waited for or told, and they are taken back without a trace.
//   - Figures add up exactly, or are refused.
//
// The process is data (tenants/templates/proposal.yaml); this package
// registers the guards (pure, in rules*.go) and effects (effects*.go) that it
// names.
package proposals
