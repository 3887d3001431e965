package nation

import (
	"crypto/rand"
	"net/http"
	"time"

	"tongban/internal/adapter/workgate"
	"tongban/internal/demo/market"
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
