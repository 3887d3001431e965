package apply

import (
	"context"
	"maps"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

// Attach adds files that are already stored to a material, which is then supplied by upload; doubts are by address what is doubtful
// about them. It returns errs.TooManyFiles above what one draft may hold; the caller then removes the files.
func (d *Desk) Attach(ctx context.Context, who party.Person, id, material string, files []exchange.File, doubts map[string]string) (journey.Draft, error) {
	return d.Change(ctx, who, id, func(draft *journey.Draft, _ item.Version) error {
		if len(draft.Files)+len(files) > mostFiles {
			return errs.New(errs.TooManyFiles, "%d files", len(draft.Files)+len(files))
		}
		draft.Files = append(draft.Files, files...)
		maps.Copy(draft.Doubts, doubts)
		draft.Supplies[material] = "upload"
		return nil
	})
}

// Detach takes a file out of a draft; the caller then removes it.
func (d *Desk) Detach(ctx context.Context, who party.Person, id string, file exchange.File) (journey.Draft, error) {
	return d.Change(ctx, who, id, func(draft *journey.Draft, _ item.Version) error {
		delete(draft.Doubts, file.Address.String())
		draft.Files = slices.DeleteFunc(draft.Files, func(f exchange.File) bool { return f.Address == file.Address && f.Material == file.Material })
		return nil
	})
}

// Bounds of files on their way.
const (
	mostComing = 4 // at once in one draft
	// PieceSize is what every piece but the last holds, in bytes.
	PieceSize = 512 << 10
)

// Come adds one stored piece to a file on its way, or begins it; too many on their way push out the oldest, whose pieces the
// caller removes, and so does a piece that was not taken. A piece that is not the next one changes nothing and is
// errs.PieceElsewhere, with what is here: the sender goes on from there. It returns errs.BadRequest for a piece that no file of
// that size has, and errs.TooManyFiles.
func (d *Desk) Come(ctx context.Context, who party.Person, id string, c journey.Coming, at int64, piece exchange.File) (got journey.Coming, over []exchange.File, err error) {
	_, err = d.Change(ctx, who, id, func(draft *journey.Draft, _ item.Version) error {
		over = nil
		i := slices.IndexFunc(draft.Coming, c.Same)
		if i < 0 {
			if len(draft.Files) >= mostFiles {
				return errs.New(errs.TooManyFiles, "%d files", len(draft.Files))
			}
			if len(draft.Coming) >= mostComing {
				over = draft.Coming[0].Pieces
				draft.Coming = slices.Delete(draft.Coming, 0, 1)
			}
			draft.Coming = append(draft.Coming, c)
			i = len(draft.Coming) - 1
		}
		x := &draft.Coming[i]
		last := x.Have+piece.Size == x.Size
		switch {
		case at != x.Have:
			got = *x
			return errs.New(errs.PieceElsewhere, "at %d, %d are here", at, x.Have)
		case piece.Size != PieceSize && !last, piece.Size <= 0, x.Have+piece.Size > x.Size:
			return errs.New(errs.BadRequest, "piece of %d at %d of %d", piece.Size, at, x.Size)
		}
		x.Have += piece.Size
		x.Pieces = append(x.Pieces, piece)
		got = *x
		return nil
	})
	if err != nil {
		over = nil
	}
	return got, over, err
}

// Came ends a file on its way: file is the whole one, or nil if it was refused. The caller then removes its pieces. A second
// end is errs.PieceElsewhere, and its file is nobody's.
func (d *Desk) Came(ctx context.Context, who party.Person, id string, c journey.Coming, file *exchange.File, doubts map[string]string) (journey.Draft, error) {
	return d.Change(ctx, who, id, func(draft *journey.Draft, _ item.Version) error {
		i := slices.IndexFunc(draft.Coming, c.Same)
		if i < 0 {
			return errs.New(errs.PieceElsewhere, "it came already")
		}
		draft.Coming = slices.Delete(draft.Coming, i, i+1)
		if file != nil {
			draft.Files = append(draft.Files, *file)
			maps.Copy(draft.Doubts, doubts)
			draft.Supplies[c.Material] = "upload"
		}
		return nil
	})
}

// Looked logs that whoever opened a case saw a page of it.
func (d *Desk) Looked(ctx context.Context, c casefile.Case, what string) error {
	at := d.Kit.Now().UTC().Truncate(time.Microsecond)
	return d.Cases.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{{Kind: accesslog.View, At: at, Case: c.ID, Who: c.Visitor(), What: what}}})
}
