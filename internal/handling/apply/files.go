package apply

import (
	"context"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

// Attach adds files that are already stored to a material, which is then supplied by upload. It returns errs.TooManyFiles
// above what one draft may hold; the caller then removes the files.
func (d *Desk) Attach(ctx context.Context, who party.Person, id, material string, files []exchange.File) (journey.Draft, error) {
	return d.Change(ctx, who, id, func(draft *journey.Draft, _ item.Version) error {
		if len(draft.Files)+len(files) > mostFiles {
			return errs.New(errs.TooManyFiles, "%d files", len(draft.Files)+len(files))
		}
		draft.Files = append(draft.Files, files...)
		draft.Supplies[material] = "upload"
		return nil
	})
}

// Detach takes a file out of a draft; the caller then removes it.
func (d *Desk) Detach(ctx context.Context, who party.Person, id string, file exchange.File) (journey.Draft, error) {
	return d.Change(ctx, who, id, func(draft *journey.Draft, _ item.Version) error {
		draft.Files = slices.DeleteFunc(draft.Files, func(f exchange.File) bool { return f.Address == file.Address && f.Material == file.Material })
		return nil
	})
}

// Looked logs that the applicant saw a page of a case.
func (d *Desk) Looked(ctx context.Context, caseID, what string) error {
	at := d.Kit.Now().UTC().Truncate(time.Microsecond)
	return d.Cases.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{{Kind: accesslog.View, At: at, Case: caseID, Who: "applicant", What: what}}})
}
