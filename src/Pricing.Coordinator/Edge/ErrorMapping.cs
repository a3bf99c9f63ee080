using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;
using Npgsql;
using Pricing.Cost;
using GrpcStatus = Grpc.Core.Status;
using RpcStatus = Google.Rpc.Status;

namespace Pricing.Coordinator.Edge;

/// <summary>
/// The one place where a fault becomes a gRPC status with google.rpc details: what we refuse keeps its reason, what the world did
/// (database away, disk full, caller gone) becomes UNAVAILABLE or CANCELLED, and what is our own bug becomes INTERNAL without its insides.
/// </summary>
public sealed class ErrorMapping(ILogger<ErrorMapping> log) : Interceptor
{
    const string Domain = "pricing";
    const string DetailsTrailer = "grpc-status-details-bin";

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try { return await continuation(request, context); }
        catch (Exception e) when (e is not RpcException) { throw Map(e, context); }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { return await continuation(requestStream, context); }
        catch (Exception e) when (e is not RpcException) { throw Map(e, context); }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { await continuation(request, responseStream, context); }
        catch (Exception e) when (e is not RpcException) { throw Map(e, context); }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { await continuation(requestStream, responseStream, context); }
        catch (Exception e) when (e is not RpcException) { throw Map(e, context); }
    }

    RpcException Map(Exception fault, ServerCallContext context)
    {
        // A caller that went away gets CANCELLED, whatever the unwinding looked like.
        if (context.CancellationToken.IsCancellationRequested && fault is OperationCanceledException or IOException)
            return new RpcException(new GrpcStatus(StatusCode.Cancelled, "The caller went away."));
        var refusal = AsRefusal(fault);
        if (refusal.Status is StatusCode.Internal)
            log.LogError(fault, "Unexpected fault in {Method}", context.Method);
        else if (refusal.Status is StatusCode.Unavailable && fault is not RefusalException)
            log.LogWarning("{Reason} in {Method}: {Fault}", refusal.Reason, context.Method, fault.Message);
        return ToRpcException(refusal);
    }

    /// <summary>Any fault as a refusal with a reason. Text of unexpected faults never leaves the process.</summary>
    public static RefusalException AsRefusal(Exception fault)
    {
        var soon = TimeSpan.FromSeconds(1);
        return fault switch
        {
            RefusalException refusal => refusal,
            PricingRefusedException p => RefusalException.Invalid(p.Reason, p.Message, p.Field, p.Limit, p.Actual),
            PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable } =>
                new(StatusCode.Aborted, "CONCURRENT_REQUEST", "Another request works on the same thing right now; repeat this one.", retryAfter: soon),
            PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected } =>
                new(StatusCode.Aborted, "CONCURRENT_REQUEST", "Another request changed the same thing; repeat this one.", retryAfter: soon),
            PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } =>
                new(StatusCode.Unavailable, "DATABASE_SLOW", "The database did not answer in time; repeat the request.", retryAfter: soon),
            PostgresException { SqlState: PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.DiskFull or PostgresErrorCodes.OutOfMemory } =>
                new(StatusCode.Unavailable, "DATABASE_UNAVAILABLE", "The database cannot take the request right now; repeat it.", retryAfter: soon),
            // Ended by the server because we, stopped for a while, left a transaction open: nothing of it happened.
            PostgresException { SqlState: "25P03" } =>
                new(StatusCode.Unavailable, "DATABASE_UNAVAILABLE", "The database gave up waiting for this server; repeat the request.", retryAfter: soon),
            PostgresException p when p.SqlState.StartsWith("57P", StringComparison.Ordinal) || p.SqlState.StartsWith("08", StringComparison.Ordinal) =>
                new(StatusCode.Unavailable, "DATABASE_UNAVAILABLE", "The database is restarting; repeat the request.", retryAfter: soon),
            PostgresException { SqlState: PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter } =>
                RefusalException.Invalid("TEXT_INVALID", "A text holds a character that cannot be stored.", ""),
            PostgresException => Unexpected(),
            NpgsqlException or TimeoutException =>
                new(StatusCode.Unavailable, "DATABASE_UNAVAILABLE", "The database cannot be reached; repeat the request.", retryAfter: soon),
            IOException => new(StatusCode.Unavailable, "STORAGE_UNAVAILABLE", "The model store cannot be read or written; repeat the request.", retryAfter: soon),
            OperationCanceledException => RefusalException.ShuttingDown(),
            _ => Unexpected(),
        };

        static RefusalException Unexpected() => new(StatusCode.Internal, "INTERNAL", "Something unexpected happened here; it has been logged.");
    }

    static RpcException ToRpcException(RefusalException refusal)
    {
        // The package at hand still calls field 1 of ErrorInfo "type"; on the wire it is today's "reason".
        var info = new ErrorInfo { Type = refusal.Reason, Domain = Domain };
        foreach (var (name, value) in new[] { ("field", refusal.Field), ("limit", refusal.Limit), ("actual", refusal.Actual) })
        {
            if (value.Length > 0)
                info.Metadata[name] = value;
        }
        var status = new RpcStatus { Code = (int)refusal.Status, Message = refusal.Message, Details = { Any.Pack(info) } };
        if (refusal.Status is StatusCode.InvalidArgument && refusal.Field.Length > 0)
        {
            status.Details.Add(Any.Pack(new BadRequest
            {
                FieldViolations = { new BadRequest.Types.FieldViolation { Field = refusal.Field, Description = refusal.Message } },
            }));
        }
        if (refusal.RetryAfter is { } retryAfter)
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) }));
        return new RpcException(new GrpcStatus(refusal.Status, refusal.Message), new Metadata { { DetailsTrailer, status.ToByteArray() } });
    }
}
