// Package files is the attachments: what was uploaded to a matter, and who may
// fetch it.
//
//   - A file belongs to a matter that its uploader sees and takes part in; a closed matter takes no more files.
//   - The bytes never pass through memory whole; the whole file is looked at before it is stored: what it is, what is hidden in it, to what it unpacks. What is to be careful about when it is opened is said (Caution).
//   - A person and a committee have room for so much: as the installation allows, or less where the committee's policy says so. Who has no room is told how much is left.
//   - Where a scanner is set, what it finds is refused, and nothing is given out that it has not seen; while it is down files come in and wait.
//   - A file is fetched in ranges too, and by a link that its viewer was given (ADR 35).
//   - A file is fetched by those who see its matter and its audience; for all others it does not exist.
//   - The same file uploaded again to the same matter by the same person is the file that is there already.
//   - What was attached by mistake is removed on record, with a reason, by who attached it or who manages the matter: the row says who, when and why; its links die; its bytes go after a while, unless another row points to them. What a step, a record or the file of an ended matter rests on stays; who attached it may remove it only until the matter has moved on.
//   - A picture has a small one, made when it is first asked for and kept; where there is none, it is said why and how to look.
package files
