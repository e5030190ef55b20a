// Package opinions is 社情民意, so far as it comes from a proposal (domain.md
// trap 6): an object with a life of its own, taken up or kept, answered and
// archived by the process that ships. Screening, issues and adoption (domain.md
// 4.7) have their place here.
package opinions
