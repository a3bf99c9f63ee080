using System.Runtime.InteropServices;
using Pricing.Cli;
using Pricing.Node.Workers;

// Before anything else: a worker starts as fast as it can.
if (args is [WorkerMain.Verb, .. var told])
    return WorkerMain.Run(told);

// stdout may be a closed pipe (`pricing … | head`) and holds proto text with µ and ×: UTF-8, whatever the locale.
Console.OutputEncoding = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

using var stop = new CancellationTokenSource();
var signalled = 0;
void OnSignal(PosixSignalContext context)
{
    // The first signal asks; the second one is left to the operating system, which ends the process at once.
    if (Interlocked.Exchange(ref signalled, context.Signal == PosixSignal.SIGINT ? ExitCode.Interrupted : ExitCode.Terminated) != 0)
        return;
    context.Cancel = true;
    stop.Cancel();
}
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

var code = await Door.RunAsync(args, Terminal.OfProcess(), stop.Token);
return code == ExitCode.Interrupted && signalled != 0 ? signalled : code;
