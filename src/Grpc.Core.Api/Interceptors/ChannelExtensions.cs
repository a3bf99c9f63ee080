namespace Grpc.Core.Interceptors;

/// <summary>Puts interceptors around channels.</summary>
public static class ChannelExtensions
{
    /// <summary>An invoker for the channel whose calls go through the interceptor.</summary>
    public static CallInvoker Intercept(this ChannelBase channel, Interceptor interceptor) =>
        channel.CreateCallInvoker().Intercept(interceptor);

    /// <summary>An invoker for the channel whose calls go through the interceptors; the first one is outermost.</summary>
    public static CallInvoker Intercept(this ChannelBase channel, params Interceptor[] interceptors) =>
        channel.CreateCallInvoker().Intercept(interceptors);

    /// <summary>An invoker for the channel that replaces the headers of every call by what the function makes of them.</summary>
    public static CallInvoker Intercept(this ChannelBase channel, Func<Metadata, Metadata> interceptor) =>
        channel.CreateCallInvoker().Intercept(interceptor);
}
