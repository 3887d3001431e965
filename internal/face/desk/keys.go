package desk

import (
	"net/http"

	"tongban/internal/page"
)

// The letters of the desk (ux pages.md section 2) are a script's, web/js/keys.js; everything they do has a link or a button. Who
// speaks to the machine, or whose hand meets keys by chance, switches them off (WCAG 2.1.4); the browser remembers that.
const (
	keysScript = "keys.js"
	keysCookie = "keys"
	keysOff    = "off"
)

func keysOn(r *http.Request) bool {
	c, err := r.Cookie(keysCookie)
	return err != nil || c.Value != keysOff
}

// keys lists the letters and says whether they are on.
func (f *Face) keys(w http.ResponseWriter, r *http.Request, _ visit) error {
	fr := f.Frame(r)
	fr.Title, fr.Back = page.T(r.Context(), "desk.keys.title"), "/desk"
	if r.URL.Query().Get("saved") != "" {
		fr.Flash = page.T(r.Context(), "desk.keys.saved")
	}
	return page.Show(w, r, http.StatusOK, fr, keysPage(keysOn(r)))
}

// switchKeys switches them on or off in this browser.
func (f *Face) switchKeys(w http.ResponseWriter, r *http.Request, _ visit) error {
	value := ""
	if r.PostForm.Get("letters") == keysOff {
		value = keysOff
	}
	page.Remember(w, r, keysCookie, value)
	return page.SeeOther(w, r, "/desk/keys?saved=1")
}
