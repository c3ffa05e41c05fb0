// A vCenter for tests: govmomi's simulator as a program, since its own command is no module that a proxy has.
package main

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

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
	reconfigure(ctx, machine, spec)
	// After the changes of devices, as one of a card gives it another MAC.
	option := &types.OptionValue{Key: "RUN.env.MACHINE_MAC", Value: ownMAC(machine)}
	reconfigure(ctx, machine, types.VirtualMachineConfigSpec{ExtraConfig: []types.BaseOptionValue{option}})
	return answer
}

func reconfigure(ctx *simulator.Context, machine *simulator.VirtualMachine, spec types.VirtualMachineConfigSpec) {
	change := machine.ReconfigVMTask(ctx, &types.ReconfigVM_Task{This: machine.Self, Spec: spec})
	if done := change.(*methods.ReconfigVM_TaskBody); done.Res != nil {
		ctx.Map.Get(done.Res.Returnval).(*simulator.Task).Wait()
	}
}

// ownMAC gives the network card of a clone a MAC of its own, as a vCenter does: the simulator leaves the template's.
func ownMAC(machine *simulator.VirtualMachine) string {
	for _, device := range machine.Config.Hardware.Device {
		card, ok := device.(types.BaseVirtualEthernetCard)
		if !ok {
			continue
		}
		digits := make([]byte, 3)
		if _, err := rand.Read(digits); err != nil {
			panic(err)
		}
		own := card.GetVirtualEthernetCard()
		own.AddressType = string(types.VirtualEthernetCardMacTypeAssigned)
		own.MacAddress = fmt.Sprintf("00:50:56:%02x:%02x:%02x", digits[0], digits[1], digits[2])
		return own.MacAddress
	}
	return ""
}

// prepare gives the first machines the names of node templates; with boot, clones of these run as machines (container
// backing), each with its template's name for an image.
func prepare(model *simulator.Model, names []string, boot bool) {
	ctx := model.Service.Context
	for _, entity := range model.Map().All("VirtualMachine") {
		machine, ok := entity.(mo.Reference).(*simulator.VirtualMachine)
		if !ok {
			continue
		}
		model.Map().Put(&template{machine})
		if len(names) == 0 {
			continue
		}
		name := names[0]
		names = names[1:]
		spec := types.VirtualMachineConfigSpec{Name: name}
		if boot {
			spec.ExtraConfig = []types.BaseOptionValue{
				&types.OptionValue{Key: "RUN.container", Value: name},
				&types.OptionValue{Key: "RUN.mountdmi", Value: "false"},
			}
		}
		reconfigure(ctx, machine, spec)
	}
}

// listenTo puts what guests say of themselves (vmware-rpctool "info-set guestinfo.KEY VALUE") into their configuration, as a
// hypervisor does. A machine of test/machines leaves it in host/guestinfo/KEY, and has its container's name in machine.json.
func listenTo(folder string, model *simulator.Model) {
	heard := map[string]string{}
	for range time.Tick(time.Second) {
		said, _ := filepath.Glob(filepath.Join(folder, "*", "host", "guestinfo", "guestinfo.*"))
		for _, path := range said {
			text, err := os.ReadFile(path)
			if before, known := heard[path]; err != nil || (known && before == string(text)) {
				continue
			}
			machine := machineOf(filepath.Join(path, "..", "..", "..", "machine.json"), model)
			if machine == nil {
				continue
			}
			heard[path] = string(text)
			option := &types.OptionValue{Key: filepath.Base(path), Value: string(text)}
			spec := types.VirtualMachineConfigSpec{ExtraConfig: []types.BaseOptionValue{option}}
			machine.ReconfigVMTask(model.Service.Context, &types.ReconfigVM_Task{This: machine.Self, Spec: spec})
		}
	}
}

func machineOf(record string, model *simulator.Model) *simulator.VirtualMachine {
	var container struct{ Name string }
	text, err := os.ReadFile(record)
	if err != nil || json.Unmarshal(text, &container) != nil {
		return nil
	}
	for _, entity := range model.Map().All("VirtualMachine") {
		machine, ok := entity.(*simulator.VirtualMachine)
		if ok && machine.Config != nil && strings.HasSuffix(container.Name, machine.Config.Uuid) {
			return machine
		}
	}
	return nil
}

// known names faults that the simulator's own table lacks, as a vCenter would raise them.
var known = map[string]func() types.BaseMethodFault{
	"NotAuthenticated": func() types.BaseMethodFault { return new(types.NotAuthenticated) },
	"InvalidLogin":     func() types.BaseMethodFault { return new(types.InvalidLogin) },
	"NoPermission": func() types.BaseMethodFault {
		return &types.NoPermission{PrivilegeId: "VirtualMachine.Provisioning.DeployTemplate"}
	},
	"DuplicateName":           func() types.BaseMethodFault { return new(types.DuplicateName) },
	"NoDiskSpace":             func() types.BaseMethodFault { return &types.NoDiskSpace{Datastore: "LocalDS_0"} },
	"InsufficientCpuFault":    func() types.BaseMethodFault { return new(types.InsufficientCpuResourcesFault) },
	"InsufficientMemoryFault": func() types.BaseMethodFault { return new(types.InsufficientMemoryResourcesFault) },
	"InvalidPowerState":       func() types.BaseMethodFault { return new(types.InvalidPowerState) },
	"InvalidState":            func() types.BaseMethodFault { return new(types.InvalidState) },
	"TaskInProgress":          func() types.BaseMethodFault { return new(types.TaskInProgress) },
	"HostNotConnected":        func() types.BaseMethodFault { return new(types.HostNotConnected) },
	"FileLocked":              func() types.BaseMethodFault { return new(types.FileLocked) },
	"LimitExceeded":           func() types.BaseMethodFault { return new(types.LimitExceeded) },
	"ManagedObjectNotFound":   func() types.BaseMethodFault { return nil },
	"GenericVmConfigFault":    func() types.BaseMethodFault { return new(types.GenericVmConfigFault) },
	"ConcurrentAccess":        func() types.BaseMethodFault { return new(types.ConcurrentAccess) },
	"VmConfigFault":           func() types.BaseMethodFault { return new(types.VmConfigFault) },
	"CannotCreateFile":        func() types.BaseMethodFault { return new(types.CannotCreateFile) },
	"InsufficientResources":   func() types.BaseMethodFault { return new(types.InsufficientResourcesFault) },
	"QuotaExceeded":           func() types.BaseMethodFault { return new(types.InsufficientStorageSpace) },
	"LicenseExpired":          func() types.BaseMethodFault { return new(types.LicenseExpired) },
	"ResourceInUse":           func() types.BaseMethodFault { return new(types.ResourceInUse) },
	"InvalidDatastore":        func() types.BaseMethodFault { return new(types.InvalidDatastore) },
}

// rule is what is posted to /faults: the method (as CloneVM_Task) fails with the fault, after `skip` calls, `times` times.
type rule struct {
	Method string `json:"method"`
	Object string `json:"object"`
	Fault  string `json:"fault"`
	Detail string `json:"detail"`
	Delay  int    `json:"delay"`
	Skip   int    `json:"skip"`
	Times  int    `json:"times"`
}

func faults(service *simulator.Service) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodDelete:
			service.ClearFaultRules()
		case http.MethodPost:
			asked := rule{Object: "*"}
			body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
			if err := json.Unmarshal(body, &asked); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			made := &simulator.FaultInjectionRule{
				MethodName: asked.Method, ObjectType: "*", ObjectName: asked.Object, Probability: 1, Enabled: true,
				Message: asked.Detail, Delay: asked.Delay, SkipCount: asked.Skip, MaxCount: asked.Times,
			}
			fault, there := known[asked.Fault]
			switch {
			case asked.Fault == "ManagedObjectNotFound":
				made.FaultType = simulator.FaultTypeManagedObjectNotFound
			case there:
				made.FaultType, made.Fault = simulator.FaultTypeCustom, fault()
			default:
				http.Error(w, "unknown fault "+asked.Fault, http.StatusBadRequest)
				return
			}
			service.AddFaultRule(made)
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8989", "address to listen on")
	user := flag.String("user", "skerry", "who may log in")
	password := flag.String("password", "secret", "with which password")
	hosts := flag.Int("hosts", 1, "hosts of the cluster")
	machines := flag.Int("machines", 1, "machines of each resource pool")
	delay := flag.Int("delay", 0, "milliseconds that each method takes")
	templates := flag.String("template", "", "names of node templates, with commas between, which the first machines become")
	boot := flag.Bool("boot", false, "run clones of templates as machines, by the program docker")
	guests := flag.String("guests", "", "folder of the machines that clones run as, which say things of themselves there")
	certificate := flag.String("certificate", "", "file with the server's certificate (PEM); one for localhost when absent")
	key := flag.String("key", "", "file with the certificate's key (PEM)")
	flag.Parse()
	names := strings.FieldsFunc(*templates, func(r rune) bool { return r == ',' })
	model := simulator.VPX()
	model.Host = 0
	model.ClusterHost = *hosts
	model.Machine = max(*machines, len(names))
	model.Autostart = false
	model.DelayConfig.Delay = *delay
	if err := model.Create(); err != nil {
		panic(err)
	}
	prepare(model, names, *boot)
	model.Service.Listen = &url.URL{Host: *listen, User: url.UserPassword(*user, *password)}
	model.Service.TLS = new(tls.Config)
	if *certificate != "" {
		pair, err := tls.LoadX509KeyPair(*certificate, *key)
		if err != nil {
			panic(err)
		}
		model.Service.TLS.Certificates = []tls.Certificate{pair}
	}
	model.Service.RegisterEndpoints = true
	model.Service.HandleFunc("/faults", faults(model.Service))
	server := model.Service.NewServer()
	if *guests != "" {
		go listenTo(*guests, model)
	}
	fmt.Println("ready", "https://"+server.URL.Host)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	<-signals
	server.Close()
	model.Remove()
}
