// Package platforms is a committee's own 平台: what it is called, which process
// runs on it, what is opened on it, what it has come to, and what the public
// may say to it.
//
// The contract, which a committee clerk could check:
//
// # Platforms
//
//   - Platforms are made and changed by who holds platforms.manage, in his own committee.
//   - A platform runs a process of the committee's own that has a published version; proposals, loops and opinions have doors of their own.
//   - A platform's code is unique, two to thirty-one of a-z, 0-9 and -, and never changes.
//   - Making the same platform twice makes one.
//   - A platform is never below itself.
//   - Who acts on an old version of a platform is told so and changes nothing.
//   - A retired platform takes nothing new, what runs on it goes on, and it can be revived.
//
// # Opening a matter
//
//   - Staff of the whole committee open for any unit, staff of a unit for their own units, a member for himself.
//   - A member's matter is 委员荐题 where the platform knows that source.
//   - The source is one of the platform's, if it lists any.
//   - Who opens a matter is its first party.
//   - A matter may follow an earlier one that its opener sees.
//   - Similar matters are those of the same kind of the last three years whose titles are alike, and which the viewer sees.
//
// # Figures
//
//   - 场, 件, 个, 条, 次, 人次, 人 and 份 are counted each by itself (domain.md trap 18).
//   - A platform counts what is on it and on all platforms below it.
//   - A figure counts days in Shanghai, within a calendar year.
//   - Every figure can be followed back: it is the number of its rows.
//   - Whoever asks for the rows gets those whose matter he sees.
//   - A figure with a target says whether it keeps pace with the year.
//   - Planned and cancelled events count nothing.
//   - The register of venues lists those that are open today, by category.
//
// # Receipts
//
//   - A citizen's topic becomes a matter with a receipt, without anybody signed in, and leaves one record in the audit.
//   - Only a platform that is active and takes topics takes one.
//   - The same form sent twice is one topic with one receipt.
//   - Who holds number and check code learns how far it has come; a wrong number and a wrong code look alike.
//   - What a receipt shows names nobody and quotes no note of the staff.
//
// # The way of one remark
//
//   - A graph holds what is connected by links in either direction, as far as the viewer sees; links that were undone are left out.
//   - It asks one statement a level and at most three more, and stops at 500 matters.
package platforms
