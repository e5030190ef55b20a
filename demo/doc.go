// Package demo fills an installation with data to look at: 大连市政协, its ten
// county-level committees, and what they have been doing since 2021.
//
// The contract:
//
//   - All of it goes through the product's own services and actions, at the moments at which it would have happened; nothing is written past them.
//   - 中山区's 十一届三次会议 has the figures of its report: 109 received, 5 merged, 35 become 社情民意, 69 filed, all completed, all satisfied; 4 of them are 主席督办重点提案.
//   - The next sitting's cases are dated from the present, so that their deadlines lie ahead when somebody looks; every role that has something to do in the process finds it in its todos.
//   - 大连市 has three loops of the 一号提案 at once: 2022's is supervised, 2023's is handled, 2024's is in prestudy, as in August 2023. Nobody else sees them.
//   - The other nine have people, a handling unit, a submitted and a draft proposal each.
//   - One person sits in 中山区 and in 大连市 under one login.
//   - Load may be stopped anywhere and run again: what is done is not done twice, also when two run at once. On a loaded installation it changes nothing.
//   - Every step is in the audit, under the name of the person of the demo who took it.
//
// Names are invented, posts and organisations are real. Numbers, titles and
// dates are the sources' where they give them (domain.md 1.1, 1.3); what the
// cases say is invented. The ordinals of terms and sittings of the nine are
// demo values.
//
// Do not load it beside real committees: it takes their codes. Where one of
// them is there already under another name or administrator it is refused.
package demo
