package page

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/a-h/templ"
)

// Link is a place to go.
type Link struct {
	Href, Text string
	Current    bool
}

// Frame is what stands around a page. FrameOf fills Lang, Mode, Contrast and Path; the face fills the rest.
type Frame struct {
	Lang     string // "zh" or "en"
	Title    string // of the page, unique within the face; the service name is added
	HasError bool   // puts "有错误：" before the title, so that a screen reader says it first
	Face     string // entrance, desk, supervision, console, hub, idp
	FaceName string // what people call it, with the place: 江苏省政务服务
	Home     string // where the name leads; "" is "/"

	UserName   string // who is signed in; "" is nobody
	OfficeName string // for officers
	SignOut    string // path that ends the session by POST; "" shows none
	CasesHref  string // 我的办件; "" shows none

	Mode, Contrast string
	Path           string

	Demo  bool   // shows the strip that says so
	Today string // business date as people read it, shown in the strip

	Nav    []Link // sections of the face
	Back   string // previous step; "" shows no link
	Flash  string // said once after an act that went well
	Search string // path of the face's search, offered where a page is not found; "" is none
	Footer []Link // statements of the operator: accessibility, privacy
	Owner  string // who runs the site, in the operator's own words; nothing is invented when empty

	Enhance bool     // loads htmx; the page must work without
	Scripts []string // further built assets that the page uses and works without
	Refresh int      // seconds after which the page asks again, for waiting pages; 0 is never
}

// FrameOf starts a Frame with what the reader chose.
func FrameOf(r *http.Request) Frame {
	p := PrefsOf(r.Context())
	return Frame{Lang: p.Lang, Mode: p.Mode, Contrast: p.Contrast, Path: p.Path, Home: "/"}
}

// wide reports whether the face is a working desk: full width, 16 px text, less air.
func (f Frame) wide() bool {
	return f.Face == "desk" || f.Face == "supervision" || f.Face == "console"
}

func (f Frame) bodyClass() string {
	if f.wide() {
		return "tb-dense"
	}
	return "tb-plain"
}

func (f Frame) width() string {
	if f.wide() {
		return "tb-width tb-width--wide"
	}
	return "tb-width"
}

func (f Frame) home() string {
	if f.Home == "" {
		return "/"
	}
	return f.Home
}

func (f Frame) htmlLang() string {
	if f.Lang == "en" {
		return "en"
	}
	return "zh-CN"
}

func (f Frame) title(ctx context.Context) string {
	s := T(ctx, "frame.service")
	if f.Title != "" {
		s = f.Title + " - " + s
	}
	if f.HasError {
		s = T(ctx, "frame.error_prefix") + s
	}
	return s
}

// prefs is the reader's choice as the frame carries it.
func (f Frame) prefs() Prefs {
	p := Prefs{Lang: f.Lang, Mode: f.Mode, Contrast: f.Contrast, Path: f.Path}
	if p.Path == "" {
		p.Path = "/"
	}
	return p
}

// Page is body inside the layout of f.
func Page(f Frame, body templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		ctx = WithPrefs(ctx, f.prefs())
		return Layout(f).Render(templ.WithChildren(ctx, body), w)
	})
}

// Show renders body inside the layout of f and answers with status.
func Show(w http.ResponseWriter, r *http.Request, status int, f Frame, body templ.Component) error {
	return Render(w, r, status, Page(f, body))
}

// htmxConfig keeps htmx inside the policy: no evaluation, no injected styles, no foreign hosts; a form that comes back with
// 422 is swapped in like any page.
const htmxConfig = `{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0,` +
	`"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"422","swap":true},{"code":"[45]..","swap":false,"error":true}]}`

func otherLang(lang string) string {
	if lang == "en" {
		return "zh-CN"
	}
	return "en"
}

// displaySettings is the address of the display page that comes back here.
func (f Frame) displaySettings() string {
	return "/display?" + url.Values{"back": {f.prefs().Path}}.Encode()
}
