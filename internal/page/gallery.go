package page

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"
)

// State is one page in one state, shown with made-up data so that it can be looked at and checked. It is either an address of
// the site it belongs to (Path) or made from typed parts (Body), or the page of an error (Err).
type State struct {
	Group string // heading of the list, the page's number in the map of pages: "E-06 办事指南"
	Name  string // what is particular: unique within the gallery, lower-case letters and hyphens
	Path  string
	Body  func(r *http.Request) (Frame, templ.Component)
	Err   error
}

// Made is a state made from typed parts in the frame of a face: "desk", or anything else for what residents see. title is the
// key of a text; the body is made anew for each look, in the reader's language.
func Made(face, group, name, title string, body func(r *http.Request) templ.Component) State {
	return State{Group: group, Name: name, Body: func(r *http.Request) (Frame, templ.Component) {
		f := FrameOf(r)
		f.Face, f.FaceName, f.Title, f.Demo = face, T(r.Context(), "hub.face"), T(r.Context(), title), true
		if face == "desk" {
			f.FaceName, f.Home = T(r.Context(), "desk.face"), "/desk"
		}
		return f, body(r)
	}}
}

// href is where the state is shown.
func (s State) href() string {
	if s.Path != "" {
		return s.Path
	}
	return "/gallery/" + s.Name
}

// stateGroup is the states of one page.
type stateGroup struct {
	Name string
	List []State
}

// Gallery adds the list of states at /gallery to a site, and the states that have no address of their own below it.
// /gallery?plain lists the addresses alone, one a line, for tests that walk them.
func Gallery(s *Site, states []State) {
	s.Get("/gallery", func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.Query().Has("plain") {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			for _, st := range states {
				if _, err := w.Write([]byte(st.href() + "\n")); err != nil {
					return errAway
				}
			}
			return nil
		}
		var groups []stateGroup
		for _, st := range states {
			if n := len(groups); n == 0 || groups[n-1].Name != st.Group {
				groups = append(groups, stateGroup{Name: st.Group})
			}
			g := &groups[len(groups)-1]
			g.List = append(g.List, st)
		}
		f := s.frame(r)
		f.Title = T(r.Context(), "gallery.title")
		return Show(w, r, http.StatusOK, f, galleryPage(groups, len(states)))
	})
	for _, st := range states {
		if st.Path != "" {
			continue
		}
		s.Get("/gallery/"+st.Name, func(w http.ResponseWriter, r *http.Request) error {
			if st.Err != nil {
				return st.Err
			}
			f, body := st.Body(r)
			return Show(w, r, http.StatusOK, f, body)
		})
	}
}

// words is a state's name for the list.
func (s State) words() string { return strings.ReplaceAll(s.Name, "-", " ") }
