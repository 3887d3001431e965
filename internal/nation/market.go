package nation

import (
	"crypto/rand"
	"net/http"
	"time"

	"tongban/internal/adapter/workgate"
	"tongban/internal/demo/market"
	"tongban/internal/domain/depart"
	"tongban/internal/node"
)

// systems are the departmental systems of a province: 青海 has the simulated platform, which its office's head may switch on.
func (n *Nation) systems(m Member) []workgate.Config {
	if n.cfg.Silent || m.ID != market.Node {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.marketKey == nil { // whoever starts again starts with another key on both sides
		n.marketKey = make([]byte, 32)
		_, _ = rand.Read(n.marketKey) // never fails
		n.Market = market.New(market.Config{
			Secret: n.marketKey, Home: m.URL, Now: n.Clock.Now, Client: n.Client(), Log: n.cfg.Log,
		})
		n.sites["market"] = n.Market
	}
	return []workgate.Config{{Key: market.Key, URL: n.site("market"), Secret: n.marketKey, Client: n.Client(), Now: time.Now}}
}

// withSystems puts what departmental systems ask beside a province's pages.
func withSystems(one *node.Node, pages http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(workgate.Prefix, one.SystemsDoor())
	mux.Handle("/", pages)
	return mux
}

// MarketSite is the address of the simulated platform.
func (n *Nation) MarketSite() string { return n.site("market") }

// MarketSays is a wording of the platform in Chinese, for people in stories who press its buttons.
func (n *Nation) MarketSays(key string) string { return market.Say("zh", key) }

// MarketName is what the office calls the platform.
func (n *Nation) MarketName() string {
	s, _ := depart.Default().Of(market.Key, n.Clock.Today())
	return s.Name
}
