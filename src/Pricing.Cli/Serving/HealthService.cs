using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Hosting;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Pricing.Cli.Serving;

/// <summary>
/// The gRPC health protocol. Roles set the status of their services; probes ask once, load balancers watch.
/// From the moment the program is asked to stop everything is NOT_SERVING and watches end, so that traffic moves away
/// and no open watch holds up the shutdown.
/// </summary>
/// <remarks>Watchers are not listed anywhere: they all wait for one signal that every change replaces, then look.
/// A slow watcher therefore sees the latest status, not every status, and costs no memory here.</remarks>
public sealed class HealthService : Health.HealthBase
{
    /// <summary>The name that stands for the server as a whole.</summary>
    public const string WholeServer = "";

    readonly Lock _gate = new();
    readonly Dictionary<string, ServingStatus> _statuses = [];
    TaskCompletionSource _changed = NewSignal();
    bool _stopping;

    /// <summary>Starts with no status at all, and stops with the program.</summary>
    public HealthService(IHostApplicationLifetime lifetime)
    {
        ArgumentNullException.ThrowIfNull(lifetime);
        lifetime.ApplicationStopping.Register(Stop);
    }

    /// <summary>Sets the status of a service, by its full name, and tells those who watch it.</summary>
    public void Set(string service, ServingStatus status)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_gate)
        {
            _statuses[service] = status;
            SignalChange();
        }
    }

    /// <inheritdoc/>
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        var (status, _, _) = Look(request.Service);
        return status is null
            ? throw new RpcException(new Status(StatusCode.NotFound, $"No health status is set for service '{request.Service}'."))
            : Task.FromResult(new HealthCheckResponse { Status = status.Value });
    }

    /// <inheritdoc/>
    public override Task<HealthListResponse> List(HealthListRequest request, ServerCallContext context)
    {
        var response = new HealthListResponse();
        lock (_gate)
        {
            foreach (var (service, status) in _statuses)
                response.Statuses[service] = new HealthCheckResponse { Status = _stopping ? ServingStatus.NotServing : status };
        }
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        ServingStatus? sent = null;
        while (true)
        {
            var (current, changed, stopping) = Look(request.Service);
            var status = current ?? ServingStatus.ServiceUnknown;
            if (status != sent)
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken);
            if (stopping)
                return;
            sent = status;
            await changed.WaitAsync(context.CancellationToken);
        }
    }

    /// <summary>The status together with the signal of the change after it: taken in one lock, none is missed.</summary>
    (ServingStatus? Status, Task Changed, bool Stopping) Look(string service)
    {
        lock (_gate)
        {
            ServingStatus? status = _statuses.TryGetValue(service, out var known)
                ? _stopping ? ServingStatus.NotServing : known
                : null;
            return (status, _changed.Task, _stopping);
        }
    }

    void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            SignalChange();
        }
    }

    void SignalChange()
    {
        _changed.SetResult();
        _changed = NewSignal();
    }

    // Asynchronous continuations, because the signal is given inside the lock.
    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
