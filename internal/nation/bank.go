package nation

import (
	"path/filepath"

	"tongban/internal/demo/bank"
	"tongban/internal/kernel/gm"
	"tongban/internal/node"
	"tongban/internal/proof"
)

// pay is the demonstration bank as a province knows it; nil in a nation without pages.
func (n *Nation) pay(m Member) *node.Pay {
	if n.cfg.Silent {
		return nil
	}
	return &node.Pay{URL: n.site("bank"), Key: n.bank.Public(), Home: m.URL, Client: n.Client()}
}

// openBank founds the demonstration bank, which knows every province's key.
func (n *Nation) openBank() error {
	keys, err := gm.OpenKeys(filepath.Join(n.cfg.Dir, "bank", "keys"))
	if err != nil {
		return err
	}
	sign, err := keys.SignKey("sign")
	if err != nil {
		return err
	}
	merchants := make([]bank.Merchant, 0, len(n.members))
	for _, m := range n.members {
		key, err := m.Keys.SignKey("sign")
		if err != nil {
			return err
		}
		merchants = append(merchants, bank.Merchant{Node: m.ID, Key: key.Public(), Notify: m.URL + "/pay/notice"})
	}
	n.bank = bank.New(bank.Config{
		URL: n.site("bank"), Signer: proof.NewSigner(sign), Merchants: merchants, Now: n.Clock.Now, Client: n.Client(), Log: n.cfg.Log,
	})
	n.sites["bank"] = n.bank
	return nil
}

// BankSays is a wording of the demonstration bank in Chinese, for people in stories who press its buttons.
func (n *Nation) BankSays(key string) string { return bank.Say("zh", key) }
