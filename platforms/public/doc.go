// Package public is what strangers see of a platform: a form that takes a
// topic, and a page that tells how far it has come. Plain HTML, no script, no
// cookie, nothing from elsewhere.
//
//	GET       /t/{committee}              the platforms that take topics
//	GET, POST /t/{committee}/{platform}   the form; the answer to POST is the receipt
//	GET, POST /t/{committee}/receipt      asking with number and check code
//
// What a citizen and an operator may rely on:
//
//   - An unknown committee, an unknown platform and one that takes no topics are the same page.
//   - What was filled in is there again when something is wrong, and what is wrong stands beside its field.
//   - A form is good for one topic and for fifteen minutes, on every replica; sent twice it shows the same receipt.
//   - A form asks a small sum in words; a wrong answer uses it up. While more comes to a platform than its rate, it asks for six digits in a picture, which can be heard.
//   - A form that was made elsewhere, for another platform, or altered is refused.
//   - What a page of another site sends is refused.
//   - A committee shows the platforms that take topics, and is not there when it has none.
//   - What becomes of what was filled in is said before it is filled in.
//   - The link to keep has the receipt's number in it; the code is typed.
//   - The receipt's check code stands in no address and in no cache.
//   - An address may send only so much; a body only 64 KB.
//   - The first topic of an address is taken, whatever others send; what more it sends finds room in the platform's rate.
//
// A form's token names the topic that it will become: its id is drawn when the
// form is shown, so the database itself sees to it that it is used once. That a
// wrong answer uses a form up is remembered by the process alone; the limit on
// tries holds everywhere.
package public
