// Package files is the attachments: what was uploaded to a matter, and who may
// fetch it.
//
//   - A file belongs to a matter that its uploader sees and takes part in; a closed matter takes no more files.
//   - The bytes stream to storage and never pass through memory whole; type and size are checked against the content, not only the name; an office document is what its archive holds.
//   - A file is fetched in ranges too, and by a link that its viewer was given (ADR 35).
//   - A file is fetched by those who see its matter and its audience; for all others it does not exist.
//   - The same file uploaded again to the same matter by the same person is the file that is there already.
package files
