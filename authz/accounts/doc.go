// Package accounts is who signs in, and the tokens that prove it afterwards.
//
// An account belongs to a person, not to a committee. Its memberships, in one
// committee or several, are rows of those committees; this package sees only
// the copy that says which of them may be chosen. It decides nothing about what
// a membership may do.
//
// # Logins and passwords
//
//   - A login is 3 to 64 of a-z, 0-9 and . _ @ -; capitals, full-width letters and the Chinese full stop mean the same.
//   - A login is taken once.
//   - A password has 10 to 128 characters, does not contain the login, and is not among those that are tried first.
//   - A password is stored as an argon2id hash only, and hashed anew at sign-in when the parameters have grown.
//   - No more passwords are hashed at once than Options.Hashers, however many people sign in, and one where words are made.
//   - Changing a password ends all other sessions.
//
// # Activation
//
//   - A password is set by its owner and known to nobody else; whoever makes an account, or opens one again, hands out a one-time word.
//   - With his word its owner sets a password, and can do nothing else.
//   - A word is worth nothing after 7 days, after ten wrong tries, after its use, and when another is issued.
//   - Issuing a word ends all sessions and lifts the lock; the former password is worth nothing.
//   - An unknown login, a wrong word and one that is over get the same answer after the same work.
//   - It is kept who handed out the word: what takes two people does not count by whom the first has made.
//
// # Signing in
//
//   - An unknown login, a wrong password and a login that cannot exist get the same answer after the same work.
//   - Failures are counted although the sign-in fails, and although the caller hangs up.
//   - An account is locked after 5 failures, whoever made them; each further 5 double the time.
//   - An address is locked after 30 failures, whatever the logins.
//   - A lock ends by itself, or when an administrator lifts it.
//   - A right password forgives the mistypings of its own login, and no others.
//   - A disabled account cannot sign in, and its sessions end.
//   - A person chooses among active memberships of active committees.
//
// # Second factor
//
//   - It is a time-based one-time password (RFC 6238: 6 digits, 30 seconds, one step off counts), with ten recovery codes.
//   - It counts once its owner has shown a code of it; that ends his other sessions.
//   - A code and a recovery code are good once; a wrong one counts as a failed try.
//   - Whether an account has one is told only to who knows its password.
//   - The secret is sealed with the installation's key and bound to its account.
//   - An account that is opened anew has none.
//
// Both limits are looked at by one who already holds a place for hashing, so
// guesses sent in parallel get ahead of a lock by Options.Hashers at most. An
// IPv6 address counts as its /64, which is what one customer gets.
//
// # Tokens
//
//   - A refresh token is 32 random bytes; only its SHA-256 is stored.
//   - A refresh token is used once and replaced by a new one.
//   - A refresh token that comes a second time ends its session, although the caller gets an error.
//   - For 20 seconds it does not: the same token, for the same committee, answers the same successor, until that is used.
//   - A session ends 30 days after sign-in, or 7 days after its last use.
//   - A choice that is refused uses nothing up.
//   - A membership that is no longer active cannot be chosen or refreshed.
//   - An access token names one account, one committee, one membership and one session, and lives 10 minutes.
//   - An access token that is forged, altered, expired or meant for others is refused, always with the same words.
//   - Signing out ends one session, signing out everywhere all of them, and Alive knows it at once.
//
// The grace is for two tabs that renew at once, and for an answer that was lost.
// It gives the same successor and not a second one, so it opens no second line
// of tokens: whoever used the token unlawfully within it shares the owner's
// successor, and the first of the two to come after the other has used that
// ends the session (ADR 23).
//
// Alive costs one statement on primary keys in whatever transaction is open,
// and keeps nothing in memory: it is true on every replica in the moment a
// session ends, a membership is suspended or an account disabled.
//
// # Transactions
//
// SignIn, Activate, ChangePassword, Choose and Refresh must be called outside any
// transaction: what they find out (a failure, a stolen token) is committed even
// when they return an error, and they hash without holding a connection. All
// other methods join the transaction of the context, the one of a committee as
// well, or open one of their own when there is none.
package accounts
