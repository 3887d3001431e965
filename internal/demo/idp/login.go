package idp

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	zoidc "github.com/zitadel/oidc/v3/pkg/oidc"

	"tongban/internal/adapter/oidc"
	"tongban/internal/demo/people"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// frame stands around every page; it says that this is the demo.
func (p *Provider) frame(r *http.Request) page.Frame {
	f := page.FrameOf(r)
	f.Face, f.Demo, f.FaceName = "idp", true, say(f.Lang, "face")
	return f
}

// home tells a visitor who came here without a sign-in under way what this host is.
func (p *Provider) home(w http.ResponseWriter, r *http.Request) error {
	f := p.frame(r)
	f.Title = say(f.Lang, "home")
	return page.Show(w, r, http.StatusOK, f, homePage(f.Lang))
}

// choose shows who can sign in; where one person is expected and more is asked of them, only that.
func (p *Provider) choose(w http.ResponseWriter, r *http.Request) error {
	asked, err := p.store.request(r.FormValue("id"))
	if err != nil {
		return err
	}
	c := p.store.clients[asked.GetClientID()]
	f := p.frame(r)
	f.Title = say(f.Lang, "heading")
	v := choice{lang: f.Lang, id: asked.id, site: c.name(f.Lang), told: scopeKeys(c.allowed(asked.GetScopes()))}
	// Browsers hold the redirects after a form to the page's form-action, and these lead back to the site that asked.
	h := w.Header()
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"),
		"form-action 'self'", "form-action 'self' "+origin(asked.GetRedirectURI()), 1))
	who, expected := p.expected(asked, p.cookie(r))
	if !expected {
		v.groups = p.groups(c, p.cookie(r), f.Lang)
		return page.Show(w, r, http.StatusOK, f, choosePage(v))
	}
	v.cancel = cancelled(asked)
	v.groups = []group{{people: []entry{{sub: who.Sub, name: who.Name, about: p.about(who, f.Lang), first: true}}}}
	if who.Level < asked.needs() {
		f.Title = say(f.Lang, "raise")
		v.level, v.possible = asked.needs(), who.CanRaise >= asked.needs()
		return page.Show(w, r, http.StatusOK, f, raisePage(v))
	}
	if asked.agreed != nil {
		f.Title = say(f.Lang, "agree")
		v.agreed = p.agreement(*asked.agreed, f.Lang)
	}
	return page.Show(w, r, http.StatusOK, f, choosePage(v))
}

// expected is the one person who may answer a request that names its subject, at the level proven in this browser so far.
func (p *Provider) expected(asked *request, cookie string) (people.Person, bool) {
	for _, who := range p.cfg.People.People {
		if asked.asked.LoginHint != "" && p.keys.subject(asked.GetClientID(), who.Sub) == asked.asked.LoginHint {
			if last, ok := p.store.last(cookie); ok && last.Sub == who.Sub {
				who.Level = last.Level
			}
			return who, true
		}
	}
	return people.Person{}, false
}

// groups puts first who is most likely meant: who was chosen before in this browser, residents, officers of the province.
func (p *Provider) groups(c *client, cookie, lang string) []group {
	entries := func(who []people.Person) []entry {
		var out []entry
		for _, one := range who {
			out = append(out, entry{sub: one.Sub, name: one.Name, about: p.about(one, lang)})
		}
		return out
	}
	var gs []group
	if who, ok := p.store.last(cookie); ok {
		again := entries([]people.Person{who})
		again[0].first = true
		gs = append(gs, group{title: "again", people: again})
	}
	gs = append(gs, group{title: "residents", people: entries(p.cfg.People.Residents())})
	var others []people.Person
	for _, at := range p.cfg.People.Provinces {
		if at.ID == c.Province {
			gs = append(gs, group{title: "officers", people: entries(p.cfg.People.Officers(at.ID))})
		} else {
			others = append(others, p.cfg.People.Officers(at.ID)...)
		}
	}
	return append(gs, group{title: "others", folded: true, people: entries(others)})
}

// signIn takes the choice and sends the browser on to the site that asked.
func (p *Provider) signIn(w http.ResponseWriter, r *http.Request) error {
	who, ok := p.cfg.People.BySub(r.PostForm.Get("person"))
	if !ok {
		return errs.New(errs.NoSuchDemoPerson, "sign-in")
	}
	id := r.PostForm.Get("id")
	asked, err := p.store.request(id)
	if err != nil {
		return err
	}
	if one, expected := p.expected(asked, p.cookie(r)); expected {
		if one.Sub != who.Sub {
			return errs.New(errs.OtherPerson, "sign-in")
		}
		who.Level = one.Level
	}
	if n := asked.needs(); r.PostForm.Get("raise") != "" && who.Level < n && n <= who.CanRaise {
		who.Level = n // where a real provider compares a face or asks for another secret
		p.store.raise(p.cookie(r), who)
		if asked.agreed != nil { // proving more is not agreeing: the person sees what it is for first
			return page.SeeOther(w, r, asked.login())
		}
	}
	if who.Level < asked.needs() && asked.asked.LoginHint != "" {
		return errs.New(errs.LevelTooLow, "sign-in")
	}
	cookie, err := p.store.choose(id, p.cookie(r), who)
	if err != nil {
		return err
	}
	p.setCookie(w, cookie, browserLife)
	return page.SeeOther(w, r, "/authorize/callback?id="+url.QueryEscape(id))
}

// callback gives the code only to the browser in which the choice was made. Otherwise somebody could begin a sign-in,
// send its link to another, and fetch the code that their choice earned.
func (p *Provider) callback(w http.ResponseWriter, r *http.Request) error {
	asked, err := p.store.request(r.FormValue("id"))
	if err != nil {
		return err
	}
	if asked.Done() && asked.by != p.cookie(r) {
		return errs.New(errs.SignInMismatch, "another browser")
	}
	p.op.ServeHTTP(w, r)
	return nil
}

// signOut forgets the browser; the library then checks where to go.
func (p *Provider) signOut(w http.ResponseWriter, r *http.Request) error {
	p.store.forget(p.cookie(r))
	p.setCookie(w, "", -time.Second)
	p.op.ServeHTTP(w, r)
	return nil
}

func (p *Provider) cookieName() string {
	if p.secure() {
		return "__Host-tongban-demo-id"
	}
	return "tongban-demo-id"
}

func (p *Provider) cookie(r *http.Request) string {
	c, err := r.Cookie(p.cookieName())
	if err != nil {
		return ""
	}
	return c.Value
}

func (p *Provider) setCookie(w http.ResponseWriter, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure unless the demo runs on plain http
		Name: p.cookieName(), Value: value, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: p.secure(), SameSite: http.SameSiteLaxMode,
	})
}

// scopeKeys names what the site will be told.
func scopeKeys(scopes []string) []string {
	var out []string
	for _, s := range scopes {
		switch s {
		case zoidc.ScopeProfile:
			out = append(out, "scope_profile")
		case zoidc.ScopePhone:
			out = append(out, "scope_phone")
		case oidc.ScopeIDNo:
			out = append(out, "scope_idno")
		case oidc.ScopeRoam:
			out = append(out, "scope_roam")
		}
	}
	if out == nil {
		return []string{"scope_none"}
	}
	return out
}

// origin is scheme and host of an address.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
