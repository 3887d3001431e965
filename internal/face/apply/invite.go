package apply

import (
	"net/http"

	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/handling/apply"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
	"tongban/internal/proof"
)

// invite is E-15: the other party joins by a link or code that only they may use.
func (f *Face) invite(w http.ResponseWriter, r *http.Request, d draft) error {
	if err := d.due(string(journey.Invite)); err != nil {
		return err
	}
	return f.showInvite(w, r, d, "")
}

// showInvite shows the state of the invitation. The link itself is shown once, with the answer that made it: the node keeps
// only a hash of it.
func (f *Face) showInvite(w http.ResponseWriter, r *http.Request, d draft, link string) error {
	field, ok := journey.Inviting(d.V)
	if !ok {
		return errs.New(errs.StepNotDue, "nobody to invite")
	}
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "apply.invite.title", pick(d.lang, field.Label, field.LabelEn)),
		d.back(string(journey.Invite)), invitePage(f, d, field, link))
}

// inviteDone makes a link, takes one back, or goes on.
func (f *Face) inviteDone(w http.ResponseWriter, r *http.Request, v visit) error {
	id := r.PathValue("id")
	switch r.PostForm.Get("do") {
	case "make":
		d, token, err := f.cfg.Desk.Invite(r.Context(), v.Person, id)
		if err != nil {
			return err
		}
		x, err := f.draft(d, v.lang)
		if err != nil {
			return err
		}
		return f.showInvite(w, r, x, f.cfg.PublicURL+"/join/"+token)
	case "take-back":
		if _, err := f.cfg.Desk.TakeBack(r.Context(), v.Person, id); err != nil {
			return err
		}
		return page.SeeOther(w, r, "/apply/"+id+"/invite")
	}
	saved, err := f.cfg.Desk.Change(r.Context(), v.Person, id, func(d *journey.Draft, _ item.Version) error {
		d.Seen[string(journey.Invite)] = true
		return nil
	})
	if err != nil {
		return err
	}
	to, err := f.after(saved, v, journey.Step{Kind: journey.Invite})
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, to)
}

// join is what the other party sees: who asks, for what, and their own data; nothing of the application.
func (f *Face) join(w http.ResponseWriter, r *http.Request, v visit) error {
	inv, err := f.cfg.Desk.Invitation(r.Context(), v.Person, r.PathValue("token"))
	if err != nil {
		return err
	}
	print := ""
	if what, _, ok := f.cfg.Desk.Joining(inv); ok {
		print = what.Fingerprint()
	}
	why := ""
	if code := page.WhyNot(r); code != 0 {
		why = page.T(r.Context(), "apply.join.not")
	}
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "apply.join.title"), "/", joinPage(inv, v, r.URL.Path, print, why))
}

// joined takes a no as it is; a yes is agreed to at the identity provider first, where there is one.
func (f *Face) joined(w http.ResponseWriter, r *http.Request, v visit) error {
	token, yes := r.PathValue("token"), r.PostForm.Get("answer") == "yes"
	inv, err := f.cfg.Desk.Invitation(r.Context(), v.Person, token)
	if err != nil {
		return err
	}
	if _, _, signs := f.cfg.Desk.Joining(inv); yes && signs && inv.Guest.State == journey.Invited {
		return page.SeeOther(w, r, "/join/"+token+"/sign")
	}
	return f.settle(w, r, v, yes, nil)
}

// joinSign is the way to the provider and back for the other party, on their own phone.
func (f *Face) joinSign(w http.ResponseWriter, r *http.Request, v visit) error {
	token := r.PathValue("token")
	inv, err := f.cfg.Desk.Invitation(r.Context(), v.Person, token)
	if err != nil {
		return err
	}
	what, level, signs := f.cfg.Desk.Joining(inv)
	switch {
	case inv.Guest.State != journey.Invited, !signs:
		return page.SeeOther(w, r, "/join/"+token)
	case page.WhyNot(r) != 0:
		return page.SeeOther(w, r, page.Unanswered("/join/"+token, errs.New(page.WhyNot(r), "joining")))
	}
	signed, ok := f.cfg.Consent.Agreed(w, r, what)
	if !ok {
		return f.askConsent(w, r, what, level)
	}
	return f.settle(w, r, v, true, &signed)
}

func (f *Face) settle(w http.ResponseWriter, r *http.Request, v visit, yes bool, signed *proof.Signed) error {
	inv, err := f.cfg.Desk.Join(r.Context(), v.Person, r.PathValue("token"), yes, signed)
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "apply.joined.title"), "/", joinedPage(inv, v, yes))
}

func inviteMatter(v visit, inv apply.Invitation) string { return itemName(v.lang, inv.Item, inv.V) }
