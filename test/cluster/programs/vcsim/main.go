// A vCenter for tests: govmomi's simulator as a program, since its own command is no module that a proxy has.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/vmware/govmomi/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// template clones as a vCenter does, with the configuration that was asked for: the simulator drops spec.config.
// What the template says of how its machine runs (RUN.*) is passed on too, as a disk would be.
type template struct {
	*simulator.VirtualMachine
}

func (t *template) CloneVMTask(ctx *simulator.Context, req *types.CloneVM_Task) soap.HasFault {
	answer := t.VirtualMachine.CloneVMTask(ctx, req)
	body, ok := answer.(*methods.CloneVM_TaskBody)
	if !ok || body.Res == nil {
		return answer
	}
	task := ctx.Map.Get(body.Res.Returnval).(*simulator.Task)
	task.Wait()
	clone, ok := task.Info.Result.(types.ManagedObjectReference)
	if !ok {
		return answer
	}
	spec := types.VirtualMachineConfigSpec{}
	if req.Spec.Config != nil {
		spec = *req.Spec.Config
	}
	for _, option := range t.Config.ExtraConfig {
		if strings.HasPrefix(option.GetOptionValue().Key, "RUN.") {
			spec.ExtraConfig = append(spec.ExtraConfig, option)
		}
	}
	machine := ctx.Map.Get(clone).(*simulator.VirtualMachine)
	change := machine.ReconfigVMTask(ctx, &types.ReconfigVM_Task{This: clone, Spec: spec})
	if done := change.(*methods.ReconfigVM_TaskBody); done.Res != nil {
		ctx.Map.Get(done.Res.Returnval).(*simulator.Task).Wait()
	}
	return answer
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8989", "address to listen on")
	user := flag.String("user", "skerry", "who may log in")
	password := flag.String("password", "secret", "with which password")
	hosts := flag.Int("hosts", 1, "hosts of the cluster")
	machines := flag.Int("machines", 1, "machines of each resource pool")
	delay := flag.Int("delay", 0, "milliseconds that each method takes")
	flag.Parse()
	model := simulator.VPX()
	model.Host = 0
	model.ClusterHost = *hosts
	model.Machine = *machines
	model.Autostart = false
	model.DelayConfig.Delay = *delay
	if err := model.Create(); err != nil {
		panic(err)
	}
	for _, entity := range model.Map().All("VirtualMachine") {
		if machine, ok := entity.(mo.Reference).(*simulator.VirtualMachine); ok {
			model.Map().Put(&template{machine})
		}
	}
	model.Service.Listen = &url.URL{Host: *listen, User: url.UserPassword(*user, *password)}
	model.Service.TLS = new(tls.Config)
	model.Service.RegisterEndpoints = true
	server := model.Service.NewServer()
	fmt.Println("ready", server.URL.String())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	<-signals
	server.Close()
	model.Remove()
}
