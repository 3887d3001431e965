package apply

import (
	"context"
	"net/http"
	"net/url"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/apply"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
	"tongban/internal/proof"
)

// fingerprint is what the identity provider will show, for each way of getting the result that may be chosen.
type fingerprint struct{ Serve, Print string }

// prints are the fingerprints of what may be submitted from the check page; none where nobody signs.
func (f *Face) prints(ctx context.Context, v page.Visitor, d draft) ([]fingerprint, error) {
	ways := []string{""}
	if d.Mode == item.Online {
		ways = []string{casefile.ServeOnline, "post"}
	}
	var out []fingerprint
	for _, serve := range ways {
		what, _, ok, err := f.cfg.Desk.Agreement(ctx, v.Person, d.ID, agreed(serve, nil))
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, fingerprint{serve, what.Fingerprint()})
		}
	}
	return out, nil
}

// printKey says which choice a fingerprint is of.
func printKey(p fingerprint) string {
	switch p.Serve {
	case "":
		return "apply.sign.print"
	case casefile.ServeOnline:
		return "apply.sign.print_online"
	}
	return "apply.sign.print_post"
}

func agreed(serve string, signed *proof.Signed) apply.Agreed {
	return apply.Agreed{Text: consentText, Serve: serve == casefile.ServeOnline, Proof: signed}
}

// submit leads to the identity provider, where the person agrees to exactly what was shown; the way back makes the case. Where
// nobody signs it makes the case at once. A second press leads to the same receipt.
func (f *Face) submit(w http.ResponseWriter, r *http.Request, v visit) error {
	id, serve := r.PathValue("id"), r.PostForm.Get("serve")
	d, err := f.open(r, v)
	if err != nil {
		return err
	}
	if v.Level < d.V.Assurance.Level {
		return f.showRaise(w, r, d)
	}
	_, _, ok, err := f.cfg.Desk.Agreement(r.Context(), v.Person, id, agreed(serve, nil))
	switch {
	case err != nil:
		return err
	case ok: // hosts are crossed by GET only
		return page.SeeOther(w, r, "/apply/"+id+"/sign?"+url.Values{"serve": {serve}}.Encode())
	}
	return f.lodge(w, r, v, serve, nil)
}

// sign is E-19, on the way to the provider and on the way back: with the consent that waits for exactly this it submits, without
// it asks for one. Nothing happens here that the person has not just agreed to at the provider.
func (f *Face) sign(w http.ResponseWriter, r *http.Request, v visit) error {
	id, serve := r.PathValue("id"), r.URL.Query().Get("serve")
	what, level, ok, err := f.cfg.Desk.Agreement(r.Context(), v.Person, id, agreed(serve, nil))
	switch {
	case err != nil:
		return err
	case !ok:
		return page.SeeOther(w, r, "/apply/"+id+"/check")
	case page.WhyNot(r) != 0:
		return page.SeeOther(w, r, page.Unanswered("/apply/"+id+"/check", errs.New(page.WhyNot(r), "signing")))
	}
	signed, ok := f.cfg.Consent.Agreed(w, r, what)
	if !ok {
		return f.askConsent(w, r, what, level)
	}
	return f.lodge(w, r, v, serve, &signed)
}

// askConsent leads to the provider and back to this address.
func (f *Face) askConsent(w http.ResponseWriter, r *http.Request, what vouch.Agreement, level int) error {
	err := f.cfg.Consent.Agree(w, r, what, level, r.URL.RequestURI())
	if errs.Is(err, errs.ProviderDown) {
		return errs.Wrap(errs.CannotSignNow, err, "consent")
	}
	return err
}

func (f *Face) lodge(w http.ResponseWriter, r *http.Request, v visit, serve string, signed *proof.Signed) error {
	id := r.PathValue("id")
	d, err := f.cfg.Desk.Open(r.Context(), v.Person, id)
	if err != nil {
		return err
	}
	if _, err := f.cfg.Desk.Submit(r.Context(), v.Person, id, agreed(serve, signed)); err != nil {
		return err
	}
	for _, c := range d.Coming { // what was never sent to its end is not part of the case
		_ = f.unkept(c.Pieces, nil)
	}
	return page.SeeOther(w, r, "/apply/"+id+"/done")
}

// showRaise is the page between two steps when the matter asks for a surer proof of who this is. Every answer stays.
func (f *Face) showRaise(w http.ResponseWriter, r *http.Request, d draft) error {
	why := ""
	if code := page.WhyNot(r); code != 0 {
		why = code.Text(d.lang).What
	}
	return f.show(w, r, http.StatusForbidden, page.T(r.Context(), "apply.raise.title"), "/cases", raisePage(d, why))
}

// raise leads to the provider for a higher level, and back to where the draft stands.
func (f *Face) raise(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.open(r, v)
	if err != nil {
		return err
	}
	if v.Level >= d.V.Assurance.Level {
		return page.SeeOther(w, r, "/apply/"+d.ID)
	}
	if page.WhyNot(r) != 0 {
		return f.showRaise(w, r, d)
	}
	err = f.cfg.Consent.Raise(w, r, d.V.Assurance.Level, "/apply/"+d.ID+"/raise")
	if errs.Is(err, errs.ProviderDown) {
		return errs.Wrap(errs.CannotSignNow, err, "raise")
	}
	return err
}
