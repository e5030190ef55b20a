// Package demo fills an installation with data to look at: 大连市政协, its ten
// county-level committees, and what they have been doing since 2021.
//
// The contract:
//
//   - All of it goes through the product's own services and actions, at the moments at which it would have happened; nothing is written past them.
//   - 中山区's 十一届三次会议 has the figures of its report: 109 received, 5 merged, 35 become 社情民意, 69 filed, all completed, all satisfied; 4 of them are 主席督办重点提案.
//   - They are frozen in the report of 2024, of whose 36 figures the others are named as not recorded.
//   - The next sitting's cases are dated from the present, so that their deadlines lie ahead when somebody looks; every role that has something to do in the process finds it in its todos.
//   - 大连市 has three loops of the 一号提案 at once: 2022's is supervised, 2023's is handled, 2024's is in prestudy. They stand as in August 2023, their tasks too. Nobody else sees them.
//   - Their 六定 tasks went to units of the city and to 中山 and 旅顺口, which have broken them down for units of their own and reported. One node of each of the two older loops is overdue in that August: 市发展改革委's and 旅顺口's.
//   - 2022's handling was appraised by secret ballot: of ten on the list nine voted, one paper was invalid, one of the others abstained once.
//   - 2023's 年度监督计划 and 年度协商计划 were consulted on by the three and approved; the loops have their places in them.
//   - What crosses from one committee to another was delivered by the exchange, on the evening of the day on which it was sent: tasks and what was reported on them; the loop's process, which 中山 adopted as a draft; two 推广 with the chair's 批示 and a joint activity; and a proposal that 旅顺口 sent up, with the city's answer.
//   - The other nine have people, a handling unit, a submitted and a draft proposal each.
//   - 旅顺口 has its 121 venues, and on 旅事商量·顺理成章 54 协商成果 in 2023; today something waits at each of its steps, and citizens' topics too. 两议六不议 is waived with the reason: no source gives its words.
//   - 普兰店 has 100 恳谈, 100 协商事项, 220 solved problems and 30 社情民意 in 2023, each counted by itself.
//   - 中山 has 社区议事会, 楼宇议企会 and the 24 topics of 无陪同体验式调研 of 2024 with 24 reports, 4 of them heard, 412 人次 of visits; 西岗 has 民主监督员 and their work, 甘井子 its 招商线索目录.
//   - A visit that is concealed and still to be made is known to its team alone.
//   - One person sits in 中山区 and in 大连市 under one login.
//   - Load may be stopped anywhere and run again: what is done is not done twice, also when two run at once. On a loaded installation it changes nothing.
//   - Every step is in the audit, under the name of the person of the demo who took it; a citizen's topic under the public's.
//
// Names are invented, posts and organisations are real. Numbers, titles and
// dates are the sources' where they give them (domain.md 1.1 to 1.7); what the
// cases, tasks and instructions say is invented. The ordinals of terms and sittings of the nine are
// demo values.
//
// Do not load it beside real committees: it takes their codes. Where one of
// them is there already under another name or administrator it is refused.
package demo
