package page

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"tongban/internal/page/text"
)

// Prefs is how the reader wants pages: it comes from two cookies and travels in the request's context.
type Prefs struct {
	Lang     string // "zh" or "en"
	Mode     string // "" or "elder"
	Contrast string // "" or "high"
	Path     string // the current local URL without lang, to come back to
}

type prefsKey struct{}

// WithPrefs puts p into ctx; Site does it for each request.
func WithPrefs(ctx context.Context, p Prefs) context.Context {
	return context.WithValue(ctx, prefsKey{}, p)
}

// PrefsOf gives the preferences in ctx, or Chinese and standard display.
func PrefsOf(ctx context.Context) Prefs {
	if p, ok := ctx.Value(prefsKey{}).(Prefs); ok {
		return p
	}
	return Prefs{Lang: "zh", Path: "/"}
}

// T is text.T in the reader's language.
func T(ctx context.Context, key string, args ...any) string {
	return text.T(PrefsOf(ctx).Lang, key, args...)
}

const (
	langCookie    = "lang"
	displayCookie = "display" // mode and contrast, joined by a dot
	longPath      = 4000      // bytes of an address that is worth coming back to
	year          = 365 * 24 * 60 * 60
)

func readPrefs(r *http.Request) Prefs {
	p := Prefs{Lang: "zh", Path: pathWithoutLang(r.URL)}
	if c, err := r.Cookie(langCookie); err == nil && c.Value == "en" {
		p.Lang = "en"
	}
	if q := r.URL.Query().Get("lang"); q == "zh" || q == "en" {
		p.Lang = q
	}
	if c, err := r.Cookie(displayCookie); err == nil {
		mode, contrast, _ := strings.Cut(c.Value, ".")
		p.Mode, p.Contrast = oneOf(mode, "elder"), oneOf(contrast, "high")
	}
	return p
}

func oneOf(v, allowed string) string {
	if v == allowed {
		return v
	}
	return ""
}

func pathWithoutLang(u *url.URL) string {
	q := u.Query()
	q.Del("lang")
	out := url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: q.Encode()}
	back := out.RequestURI()
	if len(back) > longPath { // it stands in several links of the page
		return "/"
	}
	return localPath(back)
}

// localPath gives back if it is a path on this site, else "/": an open redirect would lend our name to a stranger's page.
func localPath(back string) string {
	u, err := url.Parse(back)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(back, "/") ||
		strings.HasPrefix(back, "//") || strings.ContainsAny(back, "\\\r\n\t") {
		return "/"
	}
	return back
}

func langHref(p Prefs) string {
	other := "en"
	if p.Lang == "en" {
		other = "zh"
	}
	sep := "?"
	if strings.Contains(p.Path, "?") {
		sep = "&"
	}
	return p.Path + sep + "lang=" + other
}

func displayHref(p Prefs, mode string) string {
	return "/display?" + url.Values{"mode": {mode}, "contrast": {orStandard(p.Contrast)}, "back": {p.Path}}.Encode()
}

func orStandard(v string) string {
	if v == "" {
		return "standard"
	}
	return v
}

// Remember keeps a choice about how pages behave in this browser, for a year and for this host only.
func Remember(w http.ResponseWriter, r *http.Request, name, value string) {
	//nolint:gosec // G124: Secure follows the connection; the demonstration runs on plain HTTP on one machine
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: year, HttpOnly: true,
		Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
}

// display is GET /display: without a choice the form, with one it sets the cookie and goes back.
func display(s *Site) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		q := r.URL.Query()
		back := localPath(q.Get("back"))
		if q.Has("mode") || q.Has("contrast") {
			Remember(w, r, displayCookie, oneOf(q.Get("mode"), "elder")+"."+oneOf(q.Get("contrast"), "high"))
			return SeeOther(w, r, back)
		}
		f := s.frame(r)
		f.Title, f.Back = T(r.Context(), "display.title"), back
		return Show(w, r, http.StatusOK, f, displayPage(PrefsOf(r.Context()), back))
	}
}
