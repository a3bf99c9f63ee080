namespace Grpc.Core.Interceptors;

/// <summary>Puts interceptors around the handlers of a service definition.</summary>
public static class ServerServiceDefinitionExtensions
{
    /// <summary>A definition whose handlers run inside the interceptor.</summary>
    public static ServerServiceDefinition Intercept(this ServerServiceDefinition serverServiceDefinition, Interceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(serverServiceDefinition);
        ArgumentNullException.ThrowIfNull(interceptor);
        var binder = new InterceptingBinder(interceptor);
        serverServiceDefinition.BindService(binder);
        return binder.Builder.Build();
    }

    /// <summary>A definition whose handlers run inside the interceptors; the first one is outermost.</summary>
    public static ServerServiceDefinition Intercept(
        this ServerServiceDefinition serverServiceDefinition, params Interceptor[] interceptors)
    {
        ArgumentNullException.ThrowIfNull(serverServiceDefinition);
        ArgumentNullException.ThrowIfNull(interceptors);
        return interceptors.Reverse().Aggregate(serverServiceDefinition, Intercept);
    }

    sealed class InterceptingBinder(Interceptor interceptor) : ServiceBinderBase
    {
        public ServerServiceDefinition.Builder Builder { get; } = ServerServiceDefinition.CreateBuilder();

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
            Builder.AddMethod<TRequest, TResponse>(method, (request, context) =>
                interceptor.UnaryServerHandler(request, context, handler!));

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
            Builder.AddMethod<TRequest, TResponse>(method, (requests, context) =>
                interceptor.ClientStreamingServerHandler(requests, context, handler!));

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
            Builder.AddMethod<TRequest, TResponse>(method, (request, responses, context) =>
                interceptor.ServerStreamingServerHandler(request, responses, context, handler!));

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            Builder.AddMethod<TRequest, TResponse>(method, (requests, responses, context) =>
                interceptor.DuplexStreamingServerHandler(requests, responses, context, handler!));
    }
}
