// Package text says what may be written, and when two texts are the same. It
// knows no word of the field; every door by which text comes in asks it.
//
//   - A text has no character that nobody types: control characters, those that
//     turn the direction of writing (a title would show what it does not say:
//     UAX #9), tags, annotations, noncharacters, half characters, broken bytes.
//     Such a text is refused, and the character is named with its place.
//   - What comes along with copied text, shows nothing and means nothing (zero
//     width spaces, soft hyphens, byte order marks, fillers) is dropped. A
//     joiner stays between two visible characters, a variation selector after
//     one: emoji and the rare forms of ideographs are written with them.
//   - A text begins and ends with something visible, and its lines end with
//     "\n", whatever they ended with before.
//   - A line is a text without line breaks, tabs included.
//   - Blank is what has no visible character. A minimum counts visible
//     characters, a maximum all.
//   - Two texts are compared in one form (Key): full-width and half-width,
//     capital and small letters, composed and decomposed ones, compatibility
//     ideographs, the radicals that PDF files are full of, and any amount of
//     space are the same; what is not visible is left out.
//
// Any ideograph may be written, those that are newer than this program and the
// private ones included: names have them.
package text
