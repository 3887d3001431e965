package sim
import ("testing";"testing/cryptotest";"os";"strings";"fmt")
func TestTrace(t *testing.T){
 s:=*first
 cryptotest.SetGlobalRandom(t, s)
 o:=play(t,s,nil)
 os.WriteFile(fmt.Sprintf("/tmp/trace-%d",s),[]byte(strings.Join(o.trace,"\n")+"\n"),0o644)
 fmt.Println(o.steps,o.hash,o.err)
}
