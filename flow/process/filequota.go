package process

import "github.com/bihuan/bihuan/internal/errs"

// FileQuota is how much a committee lets be kept as attachments, in megabytes; 0
// is what the installation allows, which is also the most.
type FileQuota struct {
	PersonMB    int `json:"personMB"`
	CommitteeMB int `json:"committeeMB"`
}

// The floor: below it people could not do their work, a proposal with some
// pictures, a committee with a year of them.
const (
	leastPersonMB    = 100
	leastCommitteeMB = 1024
)

func (q FileQuota) validate() error {
	if q.PersonMB != 0 && q.PersonMB < leastPersonMB || q.CommitteeMB != 0 && q.CommitteeMB < leastCommitteeMB {
		return errs.New(errs.Invalid, "fileQuota.personMB 至少 %d，committeeMB 至少 %d；0 为不另外限制", leastPersonMB, leastCommitteeMB)
	}
	return nil
}
