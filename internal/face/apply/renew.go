package apply

import (
	"context"
	"io"
	"net/http"

	"tongban/internal/domain/exchange"
	"tongban/internal/handling/apply"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// renew is the page between a refusal and a new application: what is taken over, and that the old case stays as it is.
func (f *Face) renew(w http.ResponseWriter, r *http.Request, v visit) error {
	c, err := f.cfg.Desk.Own(r.Context(), v.Person, r.PathValue("no"))
	if err != nil {
		return err
	}
	if !apply.Renewable(c) {
		return page.SeeOther(w, r, "/cases/"+string(c.No))
	}
	if err := f.cfg.Desk.Looked(r.Context(), c, "apply.renew"); err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "apply.renew.title"), "/cases/"+string(c.No), renewPage(string(c.No), unit.NewID()))
}

// renewed copies the files first: a draft's files go with the draft, and those of a case never do.
func (f *Face) renewed(w http.ResponseWriter, r *http.Request, v visit) error {
	c, err := f.cfg.Desk.Own(r.Context(), v.Person, r.PathValue("no"))
	if err != nil {
		return err
	}
	if !apply.Renewable(c) {
		return errs.New(errs.NotAllowedNow, "%s", c.No)
	}
	var copies []exchange.File
	for _, m := range c.Private.Materials {
		for _, one := range m.Files {
			kept, err := f.copied(r.Context(), one)
			if err != nil {
				return f.unkept(copies, err)
			}
			copies = append(copies, kept)
		}
	}
	d, fresh, err := f.cfg.Desk.Renew(r.Context(), v.Person, v.Grant, c, r.PostForm.Get("key"), copies)
	if err != nil {
		return f.unkept(copies, err)
	}
	if !fresh {
		if err := f.unkept(copies, nil); err != nil {
			return err
		}
	}
	return page.SeeOther(w, r, "/apply/"+d.ID)
}

// copied is a second stored file with the same contents under a key of its own.
func (f *Face) copied(ctx context.Context, one exchange.File) (exchange.File, error) {
	out, in := io.Pipe()
	go func() { in.CloseWithError(f.cfg.Files.Read(ctx, one, in)) }()
	kept, err := f.cfg.Files.Put(ctx, out)
	_ = out.Close() // lets the reader end where Put stopped early
	kept.Name, kept.Type, kept.Material = one.Name, one.Type, one.Material
	return kept, err
}
