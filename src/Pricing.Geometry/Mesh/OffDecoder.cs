namespace Pricing.Geometry.Mesh;

static class OffDecoder
{
    public static bool IsMagic(string word) => word is "OFF";
}
