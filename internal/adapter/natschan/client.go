package natschan

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/errs"
)

// replicas is the queue group in which the replicas of one node share its requests.
const replicas = "replica"

// Config is what a node needs to connect.
type Config struct {
	Me       office.NodeID
	Seed     []byte   // the NKey's secret ("SU…")
	URLs     []string // of an outside server or cluster; empty: Server is used
	Server   *Server  // the server in this process
	TLS      *TLS     // needed with URLs
	Receiver handover.Receiver

	Workers int           // requests handled at once; 0: 8
	Backlog int           // requests that may wait for a worker, each up to MaxBody; 0: 32. More are answered errs.TryLater
	Timeout time.Duration // for a Send whose context has no deadline; 0: 10 s
	Log     *slog.Logger  // nil: silent
}

// Client is one replica of a node on the channel.
type Client struct {
	cfg  Config
	conn *nats.Conn
	sub  *nats.Subscription
	key  nkeys.KeyPair
	in   *intake

	mu      sync.Mutex      // guards the three below
	refused error           // why the server last turned us away; nil while connected
	link    context.Context // ends when the connection breaks: no answer can come then
	cut     context.CancelFunc

	closing sync.Once
}

var _ handover.Channel = (*Client)(nil)

// Connect makes a client and connects it. A server that is down or refuses is no error: the client keeps trying, since
// a node works on without the hub; Ready says how it stands. Errors carry errs.ChannelConfig or errs.ChannelBadAddress, or
// errs.ChannelRefused if the server is in this process and does not have the node.
func Connect(cfg Config) (*Client, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Timeout = orElse(cfg.Timeout, 10*time.Second)
	if !token(string(cfg.Me)) {
		return nil, errs.New(errs.ChannelBadAddress, "node %q", cfg.Me)
	}
	if cfg.Receiver == nil || (len(cfg.URLs) == 0) == (cfg.Server == nil) || (len(cfg.URLs) > 0 && cfg.TLS == nil) {
		return nil, errs.New(errs.ChannelConfig, "%s needs a receiver, and either a server in this process or URLs with TLS", cfg.Me)
	}
	key, err := nkeys.FromSeed(cfg.Seed)
	if err != nil {
		return nil, errs.New(errs.ChannelConfig, "the seed of %s is no NKey", cfg.Me)
	}
	public, err := key.PublicKey()
	if err != nil || !nkeys.IsValidPublicUserKey(public) {
		return nil, errs.New(errs.ChannelConfig, "the seed of %s is no user NKey", cfg.Me)
	}
	if cfg.Server != nil && !cfg.Server.has(Node{cfg.Me, public}) {
		// Found out here because on a pipe, where every write waits for its reader, a refusal takes ten seconds.
		return nil, errs.New(errs.ChannelRefused, "%s is not on the server's list with this key", cfg.Me)
	}
	c := &Client{cfg: cfg, key: key, in: newIntake(cfg)}
	c.link, c.cut = context.WithCancel(context.Background())
	if c.conn, err = nats.Connect(strings.Join(cfg.URLs, ","), c.options(public)...); err != nil {
		c.in.stop(0)
		c.cut()
		return nil, errs.Wrap(errs.ChannelConfig, err, "%s", cfg.Me)
	}
	if c.sub, err = c.conn.QueueSubscribe("gov."+string(cfg.Me)+".>", replicas, c.in.take); err != nil {
		c.Close()
		return nil, errs.Wrap(errs.ChannelConfig, err, "%s", cfg.Me)
	}
	return c, nil
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func (c *Client) options(public string) []nats.Option {
	o := []nats.Option{
		nats.Name(string(c.cfg.Me)), nats.CustomInboxPrefix(inbox(c.cfg.Me)), nats.Nkey(public, c.key.Sign),
		nats.Timeout(5 * time.Second), nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(pingsOut),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(),
		nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(750*time.Millisecond, 750*time.Millisecond),
		nats.ReconnectBufSize(-1), // nothing waits for the connection: the outbox does
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { c.note(err) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { c.broken(err) }),
		nats.ConnectHandler(func(*nats.Conn) { c.note(nil) }),
		nats.ReconnectHandler(func(*nats.Conn) { c.note(nil) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			c.cfg.Log.Warn("channel", slog.Any("node", c.cfg.Me), slog.Any("err", err))
		}),
	}
	if c.cfg.Server != nil {
		return append(o, nats.InProcessServer(c.cfg.Server.ns))
	}
	return append(o, nats.Secure(c.cfg.TLS.client()))
}

// note keeps why we were refused; nil means connected.
func (c *Client) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil || isRefusal(err) {
		c.refused = err
	}
	c.cfg.Log.Debug("channel", slog.Any("node", c.cfg.Me), slog.Bool("connected", err == nil), slog.Any("err", err))
}

// broken ends what waits for an answer.
func (c *Client) broken(err error) {
	c.mu.Lock()
	c.cut()
	c.link, c.cut = context.WithCancel(context.Background())
	c.mu.Unlock()
	if err != nil { // nil: we closed it ourselves
		c.note(err)
	}
}

// isRefusal tells "not you" from "not there": the server's word on our NKey, a TLS alert about our certificate (which
// may be lost: then the library says that the server hung up right after the handshake), or our verdict on the server's.
func isRefusal(err error) bool {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	return errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrTLS) || errors.As(err, &unknown) || errors.As(err, &invalid) || errors.As(err, &host) ||
		strings.Contains(err.Error(), "tls: ") || strings.Contains(strings.ToLower(err.Error()), "authorization violation")
}

// Ready returns nil when the node is connected and can be reached by others. It returns errs.ChannelRefused as soon
// as the server has turned the node away, and errs.TryLater if ctx ends first.
func (c *Client) Ready(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if c.conn.IsClosed() {
			return errs.New(errs.ChannelClosed, "%s", c.cfg.Me)
		}
		if c.conn.IsConnected() && c.flush(ctx) == nil {
			return nil
		}
		if refused := c.whyRefused(); refused != nil {
			return errs.Wrap(errs.ChannelRefused, refused, "%s", c.cfg.Me)
		}
		select {
		case <-ctx.Done():
			return errs.Wrap(errs.TryLater, ctx.Err(), "%s is not connected", c.cfg.Me)
		case <-tick.C:
		}
	}
}

// whyRefused also looks at the last try: the library tells its handlers of the first refusal only.
func (c *Client) whyRefused() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last := c.conn.LastError(); c.refused == nil && last != nil && !c.conn.IsConnected() && isRefusal(last) {
		return last
	}
	return c.refused
}

func (c *Client) flush(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	return c.conn.FlushWithContext(ctx)
}

// Send asks node to and waits for its answer. See handover.Channel; also errs.ChannelTooLarge (over MaxBody),
// errs.ChannelWrongSender, errs.ChannelBadAddress, errs.ChannelClosed, and what the receiver answered.
func (c *Client) Send(ctx context.Context, to office.NodeID, m handover.Message) ([]byte, error) {
	switch {
	case m.From != "" && m.From != c.cfg.Me:
		return nil, errs.New(errs.ChannelWrongSender, "%s sends as %s", c.cfg.Me, m.From)
	case !token(string(to)) || !token(m.Kind):
		return nil, errs.New(errs.ChannelBadAddress, "kind %q to %q", m.Kind, to)
	case len(m.Body) > MaxBody:
		return nil, errs.New(errs.ChannelTooLarge, "%d bytes to %s", len(m.Body), to)
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(c.cfg.Timeout)
		var end context.CancelFunc
		ctx, end = context.WithDeadline(ctx, deadline)
		defer end()
	}
	if err := ctx.Err(); err != nil {
		return nil, errs.Wrap(errs.TryLater, err, "%s not asked", to)
	}
	ctx, stop := c.whileLinked(ctx)
	defer stop()
	wait := max(time.Until(deadline).Milliseconds(), 1)
	q := nats.NewMsg(requestSubject(to, m.Kind, c.cfg.Me))
	q.Header.Set(headerWait, strconv.FormatInt(wait, 10))
	q.Data = m.Body
	a, err := c.conn.RequestMsgWithContext(ctx, q)
	switch {
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrConnectionDraining):
		return nil, errs.New(errs.ChannelClosed, "%s", c.cfg.Me)
	case errors.Is(err, nats.ErrNoResponders):
		return nil, errs.New(errs.TryLater, "%s is not connected", to)
	case err != nil:
		return nil, errs.Wrap(errs.TryLater, err, "%s did not answer", to)
	}
	if code := a.Header.Get(headerCode); code != "" {
		n, err := strconv.ParseUint(code, 10, 32)
		if err != nil {
			return nil, errs.New(errs.Unexpected, "%s answered with a malformed code", to)
		}
		return nil, errs.New(errs.Code(n), "%s", a.Data[:min(len(a.Data), maxDetail)])
	}
	return slices.Clip(a.Data), nil
}

// whileLinked is ctx that also ends when the connection breaks.
func (c *Client) whileLinked(ctx context.Context) (context.Context, func()) {
	c.mu.Lock()
	link := c.link
	c.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(link, cancel)
	return ctx, func() { unhook(); cancel() }
}

// Close takes no more requests, lets those begun be answered (up to five seconds), and disconnects. Closing twice is fine.
func (c *Client) Close() {
	c.closing.Do(func() {
		const patience = 5 * time.Second
		if c.sub != nil && c.conn.IsConnected() {
			drained := make(chan struct{})
			c.sub.SetClosedHandler(func(string) { close(drained) })
			if c.sub.Drain() == nil {
				select {
				case <-drained:
				case <-time.After(patience):
				}
			}
		}
		c.in.stop(patience)
		if c.conn.IsConnected() {
			_ = c.flush(context.Background()) // the last answers; their senders repeat if it fails
		}
		c.conn.Close()
		c.mu.Lock()
		c.cut()
		c.mu.Unlock()
		c.key.Wipe()
	})
}
