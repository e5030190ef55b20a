// Package platforms runs every platform's process that the product ships, from
// its first step to its end, on a real PostgreSQL and with the people of a
// district. In every state each action that does not leave it is tried and
// refused, so that no step of a shipped process can be skipped.
package platforms
