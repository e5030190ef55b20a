// Package web serves the console: the pages that Vite builds from the sources
// beside this file, and nothing that knows of committees.
//
// What a browser may rely on:
//
//   - A navigation to any path that no other handler has is answered with the one page, so that every view is a link that can be sent.
//   - A path that is neither a file of the build nor a navigation does not exist.
//   - A file below /assets/ carries its content in its name and may be kept for a year; the page itself is asked for again each time.
//   - Files are sent as they were compressed at the build, to who takes gzip.
//   - The page runs its own scripts and styles only: none inline, none of another host.
//   - A binary that was compiled without the pages says how to build them.
package web
