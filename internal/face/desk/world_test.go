package desk_test

import (
	"bytes"
	"image"
	pictures "image/png"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/memchan"
	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/face/desk"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/nation"
	"tongban/internal/node"
	"tongban/internal/page"
)

// world is 尚志's desk and 西宁's on real stores, joined by an in-memory channel.
type world struct {
	t           *testing.T
	net         *memchan.Network
	here, there *node.Node
	desks       map[office.NodeID]http.Handler
	register    map[string]casefile.Actor
}

// gate takes the visitor from a header; a name without a register entry is a resident.
type gate struct{}

func (gate) Visitor(r *http.Request) (page.Visitor, bool) {
	who := r.Header.Get("X-Who")
	return page.Visitor{Subject: who, Level: 3}, who != ""
}

func (gate) SignIn(w http.ResponseWriter, r *http.Request, returnTo string) error {
	http.Redirect(w, r, "/login?back="+returnTo, http.StatusFound)
	return nil
}

func (gate) SignOut(w http.ResponseWriter, _ *http.Request) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	regions, err := region.Default()
	must(t, err)
	operator := gm.MemoryKeys()
	var members []nation.Member
	for _, p := range regions.Provinces() {
		if id := office.NodeID(p.Code.Province()); id == "23" || id == "63" {
			members = append(members, nation.Member{ID: id, Place: p, Keys: gm.MemoryKeys()})
		}
	}
	signed, err := nation.Found(operator, members, time.Now())
	must(t, err)
	key, err := operator.SignKey("operator")
	must(t, err)
	w := &world{t: t, net: memchan.New(), desks: map[office.NodeID]http.Handler{}, register: map[string]casefile.Actor{}}
	open := func(m nation.Member) *node.Node {
		trust, err := federate.NewTrust(key.Public(), &signed)
		must(t, err)
		dir := t.TempDir()
		n, err := node.Open(t.Context(), node.Config{
			ID: m.ID, Dir: dir, Store: sqlstore.Options{Config: sqlstore.Config{DSN: "sqlite:" + dir + "/node.db", Unsafe: true}},
			Keys: m.Keys, Trust: trust, Parallel: 1,
			Join: func(r handover.Receiver) (handover.Channel, func(), error) {
				c := w.net.Join(m.ID, r)
				return c, c.Close, nil
			},
		})
		must(t, err)
		t.Cleanup(func() { must(t, n.Stop()) })
		return n
	}
	w.here, w.there = open(members[0]), open(members[1])
	w.officer(w.here, "clerk", "230183", office.Window)
	w.officer(w.here, "clerk2", "230183", office.Window)
	w.officer(w.here, "reader", "230183", office.Lead)
	w.officer(w.here, "elsewhere", "230100", office.Window, office.Reviewer, office.Decider)
	w.officer(w.here, "operator", "230183", office.Operator)
	w.officer(w.there, "reviewer", "630100", office.Reviewer)
	w.officer(w.there, "decider", "630100", office.Reviewer, office.Decider)
	for _, n := range []*node.Node{w.here, w.there} {
		w.desks[n.ID] = w.face(n)
	}
	return w
}

func (w *world) officer(n *node.Node, name, place string, roles ...office.Role) {
	o, err := n.Kit.OfficeAt(region.Must(place))
	must(w.t, err)
	w.register[string(n.ID)+name] = casefile.Actor{ID: name, Name: name, Office: o.Code, Node: n.ID, Roles: roles}
}

func (w *world) face(n *node.Node) http.Handler {
	f := desk.New(desk.Config{
		Gate: gate{}, Lodge: n.Lodge, Bench: n.Bench, Issuer: n.Issuer, Post: n.Post, Kit: n.Kit, Store: n.Store, Allot: n.Allot, Files: n.Files,
		Box: n.Vault, Demo: true, Today: func() string { return "2026-11-23" }, PublicURL: "https://" + string(n.ID) + ".example", MaxFile: 64 << 10,
		Colleagues: func(at string) (out []office.Officer) {
			for key, by := range w.register {
				if o := by.Officer(); by.Office == at && key[:2] == string(n.ID) {
					out = append(out, o)
				}
			}
			slices.SortFunc(out, func(a, b office.Officer) int { return strings.Compare(a.ID, b.ID) })
			return out
		},
		Officers: func(subject string) (casefile.Actor, string, bool) {
			by, ok := w.register[string(n.ID)+subject]
			o, _ := n.Kit.Office(by.Office)
			return by, o.Name, ok
		},
	})
	site := page.NewSite(page.Config{Log: slog.New(slog.DiscardHandler), Frame: f.Frame})
	f.Register(site)
	return site
}

// at is a person at the desk of a node.
func (w *world) at(n *node.Node, who string) *browser {
	w.t.Helper()
	return &browser{t: w.t, site: w.desks[n.ID], who: who}
}

// settle lets the nodes exchange what they have for each other.
func (w *world) settle() {
	w.t.Helper()
	for range 80 {
		busy := false
		for _, n := range []*node.Node{w.here, w.there} {
			did, err := n.Tick(w.t.Context())
			must(w.t, err)
			busy = busy || did
		}
		if !busy {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	w.t.Fatal("the nodes do not come to rest")
}

// views are the looks that a node's log holds for a case.
func (w *world) views(n *node.Node, id string) []string {
	w.t.Helper()
	log, err := n.Store.LogOf(w.t.Context(), id)
	must(w.t, err)
	var out []string
	for _, e := range log {
		if e.Kind == accesslog.View {
			out = append(out, e.Who+" "+e.What)
		}
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const pdf = "%PDF-1.7\n1 0 obj\n<</Type/Page /Title(scan of the lease)>>\nendobj\n%%EOF\n"

var png = scan()

// scan is a picture of one white point.
func scan() string {
	img := image.NewGray(image.Rect(0, 0, 240, 320))
	for i := range img.Pix { // lines on a page
		img.Pix[i] = uint8(i / 240 % 8 * 30)
	}
	var b bytes.Buffer
	if err := pictures.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.String()
}

// toDetails goes through the first two screens.
func (w *world) toDetails(b *browser) *browser {
	b.get("/desk/new").want(200, "第 1 步", "请读给申请人听")
	b.send("/desk/new", "name", "樊晓梅", "id_no", "230183199001010025", "phone", "138 0000 0001", "agree", "yes")
	b.want(200, "第 2 步")
	b.send("/desk/new/matter", "item", "内资企业及分支机构设立登记", "place", "青海省西宁市")
	return b.want(200, "第 3 步", "西宁", "2022-03-01", "国办发")
}

// takeIn is the whole intake, five screens with the receipt (story b); it gives the id of the case.
func (w *world) takeIn(who string) string {
	w.t.Helper()
	b := w.toDetails(w.at(w.here, who))
	b.send("/desk/new/details", "a.trade_name", "雪莲", "a.capital", "100,000", "a.premises_no", "五四大街 1 号 101 室",
		"a.scope", "日用百货销售", "m.premises", "upload", "f.premises", upload{"租约.pdf", pdf}, "do", "next")
	b.want(200, "第 4 步", "西宁市雪莲商贸有限公司", "租约.pdf", "**0025")
	b.send("/desk/new/submit").want(200, "收件了", "转给西宁市", "打印收件凭证")
	return strings.Split(b.path, "/")[3]
}
