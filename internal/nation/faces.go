package nation

import (
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"path/filepath"

	"tongban/internal/demo/idp"
	"tongban/internal/domain/office"
	"tongban/internal/face/board"
	"tongban/internal/face/entrance"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/node"
	"tongban/internal/proof"
)

// faces makes the pages of the hub, the identity provider and every province.
func (n *Nation) faces() error {
	me, err := n.provider()
	if err != nil {
		return err
	}
	sign, err := me.Keys.SignKey("sign")
	if err != nil {
		return err
	}
	secret, err := n.secret()
	if err != nil {
		return err
	}
	clients := make([]idp.Client, 0, len(n.members))
	for _, m := range n.members {
		clients = append(clients, idp.Client{
			ID: m.Place.Label, Node: m.ID, Name: m.Place.Name, NameEn: m.Place.En, Province: m.Place.Label,
			RedirectURIs: []string{m.URL + "/callback"}, PostLogoutURIs: []string{m.URL + "/"},
			Scopes: []string{"profile", "phone", "idno", "roam", "consent"},
		})
	}
	if n.Idp, err = idp.New(idp.Config{
		Issuer: n.site("id"), Clients: clients, People: n.Book, Secret: secret, Signer: proof.NewSigner(sign), Log: n.cfg.Log,
	}); err != nil {
		return err
	}
	n.sites["id"] = n.Idp
	for _, m := range n.members {
		h, err := n.face(n.Nodes[m.ID], m)
		if err != nil {
			return err
		}
		n.sites[m.Place.Label] = withSystems(n.Nodes[m.ID], h)
	}
	return n.front()
}

// face makes a province's pages.
func (n *Nation) face(one *node.Node, m Member) (http.Handler, error) {
	return one.Handler(node.WebConfig{
		PublicURL: m.URL, HubURL: n.URL, Issuer: n.site("id"), ClientID: m.Place.Label, HTTPClient: n.Client(), Reach: n.Client(),
		Officers: n.officers(one, m), Entrances: n.urls, Demo: true, Log: n.cfg.Log, Evidence: n.Registers, Bank: n.site("bank"),
	})
}

// provider is the identity provider's entry in the trust list: what it signs beyond a sign-in is checked against it.
func (n *Nation) provider() (Member, error) {
	keys, err := gm.OpenKeys(filepath.Join(n.cfg.Dir, "idp", "keys"))
	if err != nil {
		return Member{}, err
	}
	m := Member{ID: office.IDP, Place: region.Region{Name: string(office.IDP), En: string(office.IDP)}, Keys: keys}
	if n.URL != "" {
		m.URL = n.site("id")
	}
	return m, nil
}

// secret is the identity provider's: kept, so that people are known by the same subjects after a restart.
func (n *Nation) secret() ([]byte, error) {
	file := filepath.Join(n.cfg.Dir, "idp.secret")
	b, err := os.ReadFile(file) //nolint:gosec // a folder of ours
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return b, err
	}
	b = make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return nil, err
	}
	return b, os.WriteFile(file, b, 0o600)
}

// roles maps what the demo people do to the node's own roles: roles never travel with a sign-in.
var roles = map[string]office.Role{"clerk": office.Window, "reviewer": office.Reviewer, "decider": office.Decider, "steward": office.Steward, "lead": office.Lead, "supervisor": office.Supervisor}

// officers is a province's register of officers.
func (n *Nation) officers(one *node.Node, m Member) []office.Officer {
	var out []office.Officer
	for _, p := range n.Book.Officers(m.Place.Label) {
		place, err := region.Parse(p.Region)
		if err != nil {
			continue
		}
		at, err := one.Kit.OfficeAt(place)
		if err != nil {
			continue
		}
		o := office.Officer{ID: n.Idp.Subject(m.Place.Label, p.Sub), Name: p.Name, Office: at.Code}
		for _, r := range p.Roles {
			o.Roles = append(o.Roles, roles[r])
		}
		out = append(out, o)
	}
	return out
}

// front is the hub's site: the entrance, the machine interface and the demo clock.
func (n *Nation) front() error {
	regions, err := region.Default()
	if err != nil {
		return err
	}
	any := n.Nodes[n.members[0].ID]
	site := entrance.NewHub(entrance.Public{
		Catalogue: n.Hub.Rules.Kit.Catalogue, Regions: regions, Offices: any.Kit.Offices, Trust: n.Hub.Trust.List, Now: n.Clock.Now,
		Entrances: n.urls, PublicURL: n.URL, Demo: true, DemoSteps: n.steps(), Log: n.cfg.Log, OnMiss: n.Hub.OnMiss, Apply: true, Figures: true, Reach: entrance.NewReach(n.Client()),
	})
	board.New(n.Hub.Board(site.Frame, regions)).Register(site)
	n.Clock.Register(site, any.Kit.Calendar)
	n.Phone.Register(site, n.Clock.Today)
	mux := http.NewServeMux()
	n.Hub.Handle(mux)
	mux.Handle("/", site)
	n.sites[""] = mux
	return nil
}
