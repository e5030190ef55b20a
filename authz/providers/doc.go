// Package providers is signing in at a committee's own provider of identities, by
// OpenID Connect: the place where a city's officials sign in to everything.
//
//   - A committee has one provider or none; two persons set it, and only one that the operator allows.
//   - What a provider says of somebody counts for its committee only: such a session enters no other.
//   - Nobody is known by what a provider says until he has signed in with his own password and linked the two.
//   - No account, membership or right is made by a provider.
//   - A visit belongs to the browser that began it, has ten minutes, and is used once: at the return and at the sign-in.
//   - What comes back counts with its state, nonce, verifier (PKCE), issuer, audience, time and a signature of a known kind.
//   - Who has a second factor is asked for it here too.
//   - A session from a provider sets no factor and no password: who rules the provider would rule the account.
//   - Everything that a provider names lies on its own host; nothing else is asked, and no redirect followed.
package providers
