// Package blob keeps the bytes of files, on a local disk or in S3-compatible
// storage. Who may read a file, what it is called and which matter it belongs
// to is kept elsewhere, in a row that names the file's key.
//
// # Storing
//
//   - What was put is what is opened: same bytes, same size, and Info tells
//     that size and the SHA-256 of the bytes.
//   - An empty file can be stored.
//   - A file of exactly the limit is accepted; one byte more is refused with
//     errs.Limited.
//   - A Put that fails leaves nothing behind: no file, no temporary file, no
//     unfinished multipart upload. This holds when the file is over the limit,
//     when the reader fails in the middle, when the context ends in the middle
//     and when the storage refuses a part.
//   - A reader that ends with io.ErrUnexpectedEOF has failed. That is how a
//     request body of net/http reports an uploader who went away, and a shorter
//     file must not pass for the whole one.
//   - The error of the reader comes back unchanged inside the error of Put.
//   - A second Put replaces the file of the first as a whole; a second Put that
//     fails leaves the first file as it was.
//   - A file is streamed: an upload holds at most 5 MiB of it in memory.
//   - Opening what does not exist is errs.NotFound.
//   - Deleting succeeds also when there is nothing to delete, so it can be repeated.
//   - Storage that is down is errs.Unavailable; Check tells so without storing a file.
//   - A key is one to eight segments of lower-case letters, digits and hyphens
//     joined by slashes, as in tenant id/file id. Anything else, above all "..",
//     an absolute path or a dot file, is ErrKey for every method. Keys are made
//     by the program, never from what a user typed, so ErrKey is not shown. A
//     key must not be the beginning of another one, a/b beside a: a disk cannot
//     keep both.
//
// On the local disk files have mode 0600 and folders 0700, and a file appears
// under its key only when it is complete and on the disk (fsync). A link that
// leads out of the folder is not followed. If the machine loses power during an
// upload, a file whose name begins with ".put-" stays; one older than a day can
// be deleted.
//
// In S3 a part carries its SHA-256, so that the server refuses damaged bytes.
// Two things are beyond this package and belong to the bucket: a lifecycle rule
// that drops unfinished uploads after a day, for the case that the program dies
// or the storage is lost in the middle, and, if the bucket keeps versions, one
// that drops old versions, because Delete only hides them. If the answer to the
// very last request of a Put is lost, the complete object can stay although Put
// reports an error; nothing refers to it.
//
// # Names and kinds
//
// Sniff decides whether a file may come in at all, SafeName under which name it
// is kept. Both look at what the uploader claims and trust none of it:
//
//   - Allowed are pdf, doc, docx, xls, xlsx, ppt, pptx, ofd, jpg (jpeg), png,
//     gif, webp, txt, and what phones make, heic (heif), mp4 (m4v), mov and 3gp.
//     Everything else is errs.Invalid, above all html, svg, zip and programs.
//   - What phones make is told by its brands; under another extension it is
//     errs.Invalid and said what it is.
//   - Content that does not begin as its extension demands is errs.Invalid.
//   - Inspect looks at the whole file: a text is one from the first byte to the
//     last, no page or script stands behind a harmless beginning, an office
//     document has the main part that its name says and no program beside.
//   - An archive unpacks to 150 MB at most, in 10,000 parts, 250 times its size,
//     two documents deep; what it says of its own sizes is not believed.
//   - An old office document with macros, and a PDF that runs something, come in
//     and are said to be such (Caution).
//   - Text is UTF-8, GB 18030 (and so GBK) or UTF-16 with a byte order mark,
//     has no control characters and does not begin as a web page.
//   - An empty file is errs.Invalid.
//   - SafeName takes the last part of a path, drops control and invisible
//     characters, repairs UTF-8, and keeps at most 200 bytes without cutting a
//     character or the extension. SafeName of a safe name changes nothing.
//
// A file can be a valid picture and something else at once, and streams inside of
// PDF and compound files are not looked into. So whoever hands out files must
// send the content type that was found together with
// "X-Content-Type-Options: nosniff".
package blob
