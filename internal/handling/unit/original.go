package unit

import (
	"slices"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/original"
)

// KeepOriginals adds to the unit what became of a case's papers: the chain, what the case itself says of it, and what the applicant is
// told; only the coordinator tells. id is that of the word that changed it.
func (k *Kit) KeepOriginals(u *Unit, c casefile.Case, before, now original.Chain, id string) casefile.Case {
	c = c.WithOriginals(now.Summary())
	u.Case, u.Originals = &c, &now
	if c.Coordinator != k.Me {
		return c
	}
	if called := now.Call; called != nil && (before.Call == nil || before.Call.ID != called.ID) {
		k.Notify(u, notice.Papers(notice.PapersCalled, c, id, called.Office, len(called.Materials), u.At))
	}
	e, err := original.EndsOf(c)
	if err != nil {
		return c
	}
	lost, back := 0, 0
	for _, p := range now.Papers {
		i := slices.IndexFunc(before.Papers, func(o original.Paper) bool { return o.ID == p.ID })
		if p.Trouble() && (i < 0 || !before.Papers[i].Trouble()) {
			lost++
		}
		if p.Where == original.Held && p.Office == e.Window.Office && i >= 0 && before.Papers[i].Where != original.Held {
			back++
		}
	}
	if lost > 0 {
		k.Notify(u, notice.Papers(notice.PapersTrouble, c, id, e.Window.Office, lost, u.At))
	}
	if back > 0 {
		k.Notify(u, notice.Papers(notice.PapersBack, c, id, e.Window.Office, back, u.At))
	}
	return c
}
