// Package nation runs a whole federation in one process: the hub, its channel, and any number of provinces, each with its
// own database, keys and clock. The demo, the tour, the simulation and the measurements stand on it.
package nation

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"tongban/internal/adapter/natschan"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/proof"
)

// Member is a province with its keys.
type Member struct {
	ID    office.NodeID
	Place region.Region
	Keys  gm.KeyProvider
	NKey  string // public
	Seed  []byte // of the NKey
	URL   string // of its entrance
	// Protocol is the newest wire protocol that it announces; 0 is the newest there is.
	Protocol int
}

// Found makes the first trust list of a federation, signed by the operator and by every member. The identity provider may
// stand among the members given; it has an entry and no vote.
func Found(operator gm.KeyProvider, members []Member, at time.Time) (office.SignedTrust, error) {
	list := &office.TrustList{Version: 1, Issued: at.UTC().Truncate(time.Second)}
	signers := make([]*proof.Signer, 0, len(members))
	for _, m := range members {
		sign, err := m.Keys.SignKey("sign")
		if err != nil {
			return office.SignedTrust{}, err
		}
		encrypt, err := m.Keys.DecryptKey("encrypt")
		if err != nil {
			return office.SignedTrust{}, err
		}
		browser, err := m.Keys.ES256Key("es256")
		if err != nil {
			return office.SignedTrust{}, err
		}
		protocol := m.Protocol
		if protocol == 0 {
			protocol = exchange.NewestProtocol
		}
		list.Nodes = append(list.Nodes, office.Node{
			ID: m.ID, Name: m.Place.Name, NameEn: m.Place.En, Region: m.Place.Code, Protocol: protocol,
			Sign: sign.Public(), Encrypt: encrypt.Public(), ES256: browser.Public(), NKey: m.NKey, Address: m.URL,
		})
		if m.ID.Member() {
			signers = append(signers, proof.NewSigner(sign))
		}
	}
	key, err := operator.SignKey("operator")
	if err != nil {
		return office.SignedTrust{}, err
	}
	signed, err := office.SignTrust(proof.NewSigner(key), list)
	if err != nil {
		return office.SignedTrust{}, err
	}
	for _, s := range signers {
		if err := signed.CoSign(s); err != nil {
			return office.SignedTrust{}, err
		}
	}
	return signed, nil
}

// seed gives the member its NKey: the one that its folder keeps, or a new one.
func (m *Member) seed(dir string) error {
	file := filepath.Join(dir, "nkey.seed")
	b, err := os.ReadFile(file) //nolint:gosec // a folder of ours
	if err == nil {
		m.Seed = b
		m.NKey, err = natschan.PublicNKey(b)
		return err
	}
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if m.Seed, m.NKey, err = natschan.NewNKey(); err != nil {
		return err
	}
	return os.WriteFile(file, m.Seed, 0o600)
}
