// Package stories plays whole matters through the real pages of a running nation, as people would: a clerk, an officer, the
// applicant and a stranger, each with a browser of their own that knows no script and presses only what stands on the page.
// After each step it asks the applicant's own page who holds the case and whether every signature is good, and at the end
// it holds the nation against the rules that never bend (architecture §2, ux flows).
package stories
